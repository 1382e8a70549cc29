using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Autograd.Tests;

/// <summary>Finds what code in one folder of the library names of another, with the compiler's own symbols.</summary>
internal static class Layering
{
    /// <summary>What each folder may use, as the picture in docs/architecture.md; the order is that of the arrows.</summary>
    public static readonly (string Folder, string[] MayUse)[] Picture =
    [
        ("Kernels", []),
        ("Tensors", ["Kernels"]),
        ("Tapes", ["Kernels", "Tensors"]),
        ("Operators", ["Kernels", "Tensors", "Tapes"]),
        ("Differentiation", ["Kernels", "Tensors", "Tapes", "Operators"]),
        ("Layers", ["Kernels", "Tensors", "Tapes", "Operators"]),
        ("Data", ["Kernels", "Tensors"]),
        ("Decoding", ["Kernels", "Tensors", "Tapes", "Operators", "Layers"]),
        ("Training", ["Kernels", "Tensors", "Tapes", "Operators", "Layers", "Data"]),
        ("Interop", ["Kernels", "Tensors", "Tapes", "Operators", "Layers"]),
    ];

    private const string Root = "src/Autograd/";

    // The part of a method that a source generator writes is not among the sources.
    private const string GeneratedPart = "CS8795";

    // What the SDK adds to every file (ImplicitUsings).
    private const string GlobalUsings =
        "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; "
        + "global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;";

    /// <summary>One line for each use of a folder that the picture does not allow: file, line, and the symbol.</summary>
    /// <param name="files">Paths that contain <c>src/Autograd/FOLDER/</c>, with their source.</param>
    public static string[] Violations(IEnumerable<(string Path, string Source)> files)
    {
        CSharpParseOptions options = new(LanguageVersion.Latest);
        SyntaxTree[] trees =
        [
            CSharpSyntaxTree.ParseText(GlobalUsings, options),
            .. files.Select(file => CSharpSyntaxTree.ParseText(file.Source, options, file.Path.Replace('\\', '/'))),
        ];
        IEnumerable<MetadataReference> references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(static path => !Path.GetFileName(path).StartsWith("Autograd", StringComparison.Ordinal))
            .Select(static path => MetadataReference.CreateFromFile(path));
        CSharpCompilationOptions library = new(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true);
        CSharpCompilation compilation = CSharpCompilation.Create("Autograd", trees, references, library);
        string[] errors =
        [
            .. compilation.GetDiagnostics()
                .Where(static diagnostic => diagnostic.Severity == DiagnosticSeverity.Error && diagnostic.Id != GeneratedPart)
                .Select(static diagnostic => diagnostic.ToString()),
        ];
        if (errors.Length > 0) throw new InvalidOperationException($"The sources do not compile, so their symbols cannot be told:\n{string.Join('\n', errors.Take(5))}");
        return [.. trees.Skip(1).SelectMany(tree => Violations(compilation.GetSemanticModel(tree), tree)).Distinct().Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> Violations(SemanticModel model, SyntaxTree tree)
    {
        string from = FolderOf(tree.FilePath) ?? throw new InvalidOperationException($"{tree.FilePath} is in no folder of {Root}.");
        if (!Picture.Any(row => row.Folder == from)) yield return $"{tree.FilePath}: folder {from} is not in the picture";
        string[] allowed = [from, .. Picture.FirstOrDefault(row => row.Folder == from).MayUse ?? []];
        foreach (SyntaxNode node in tree.GetRoot().DescendantNodes())
        {
            if (node is not (ExpressionSyntax or ConstructorInitializerSyntax or AttributeSyntax)) continue;
            ISymbol? symbol = model.GetSymbolInfo(node).Symbol;
            if (symbol is IMethodSymbol { ReducedFrom: { } extension }) symbol = extension;
            if (symbol is null || HomeOf(symbol) is not { } home || allowed.Contains(home)) continue;
            int line = node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
            yield return $"{tree.FilePath}({line}): {from} uses {symbol.OriginalDefinition.ToDisplayString()} of {home}";
        }
    }

    /// <summary>
    /// The folder of a symbol: where the member is declared. A type of several parts is at home where the first of them
    /// is in the order of the picture; what the compiler makes for a type is at home with the type.
    /// </summary>
    private static string? HomeOf(ISymbol symbol)
    {
        if (symbol is not (ITypeSymbol or IMethodSymbol or IPropertySymbol or IFieldSymbol or IEventSymbol) || symbol is ITypeParameterSymbol) return null;
        ISymbol declared = symbol.OriginalDefinition;
        if (declared.DeclaringSyntaxReferences.IsEmpty && declared.ContainingType is { } type) declared = type.OriginalDefinition;
        HashSet<string?> folders = [.. declared.DeclaringSyntaxReferences.Select(static reference => FolderOf(reference.SyntaxTree.FilePath))];
        return folders.Count == 0 ? null : folders.MinBy(static folder => Array.FindIndex(Picture, row => row.Folder == folder));
    }

    private static string? FolderOf(string path)
    {
        int root = path.LastIndexOf(Root, StringComparison.Ordinal);
        if (root < 0) return null;
        string[] parts = path[(root + Root.Length)..].Split('/');
        return parts.Length < 2 ? null : parts[0];
    }
}
