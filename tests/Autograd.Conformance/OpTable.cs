using System.Numerics;
using Autograd.Conformance.Operators;

namespace Autograd.Conformance;

/// <summary>
/// How each op of the vocabulary is computed with the library. An entry names the attributes and inputs the op knows, so
/// that a case with any other fails; a name that ends in * stands for all that begin like it.
/// </summary>
internal sealed class OpTable<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private static readonly OpTable<T> All = new();
    private readonly Dictionary<string, (string[] Attributes, string[] Inputs, Action<Bench<T>> Run)> _ops = [];

    private OpTable()
    {
        Elementwise.AddTo(this);
        Reductions.AddTo(this);
        Shaping.AddTo(this);
        Products.AddTo(this);
        Convolution.AddTo(this);
        Losses.AddTo(this);
        Normalization.AddTo(this);
        Embeddings.AddTo(this);
        Recurrent.AddTo(this);
        Training.AddTo(this);
        SecondOrder.AddTo(this);
    }

    /// <summary>What runs a case.</summary>
    /// <exception cref="CaseException">The op, or an attribute or input of the case, is unknown.</exception>
    public static Action<Bench<T>> Find(Case @case)
    {
        if (!All._ops.TryGetValue(@case.Op, out (string[] Attributes, string[] Inputs, Action<Bench<T>> Run) op)) throw new CaseException($"unknown op '{@case.Op}'");
        foreach (string name in @case.Attributes.Keys)
        {
            if (!op.Attributes.Contains(name)) throw new CaseException($"unknown attribute '{name}'");
        }

        foreach (string name in @case.Inputs.Keys)
        {
            if (!Array.Exists(op.Inputs, known => known == name || (known[^1] == '*' && name.StartsWith(known[..^1], StringComparison.Ordinal))))
            {
                throw new CaseException($"unknown input '{name}'");
            }
        }

        return op.Run;
    }

    /// <summary>Adds an op; names are separated by spaces.</summary>
    public void Add(string op, string attributes, string inputs, Action<Bench<T>> run) =>
        _ops.Add(op, (attributes.Split(' ', StringSplitOptions.RemoveEmptyEntries), inputs.Split(' '), run));

    /// <summary>Adds an op with one output, called output.</summary>
    public void Add(string op, string attributes, string inputs, Func<Bench<T>, Variable<T>> run) => Add(op, attributes, inputs, bench => bench.Output(run(bench)));

    public void Unary(string op, Func<Variable<T>, Variable<T>> run) => Add(op, string.Empty, "input", bench => run(bench["input"]));

    public void Binary(string op, Func<Variable<T>, Variable<T>, Variable<T>> run) =>
        Add(op, string.Empty, "input other", bench => run(bench["input"], bench["other"]));
}
