namespace Autograd.Conformance;

/// <summary>The runner cannot run the case: a name or value it does not know, or a tensor that is missing. The case fails.</summary>
internal sealed class CaseException(string message) : Exception(message);

/// <summary>The library's static types leave no way to pass this tensor, such as floating indices.</summary>
internal sealed class RuledOutByTypesException(string message) : Exception(message);
