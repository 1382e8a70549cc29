using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Autograd.Tests;

/// <summary>Nothing in the library points against the arrows of docs/architecture.md.</summary>
public sealed class LayeringTests
{
    // What cuts work for vectors and threads: of Kernels, and of the platform.
    private static readonly string[] KernelWords =
    [
        "IParallelWork", "IVector", "Lanes", "Simd", "VectorWidths", "WorkerPool",
        "Intrinsics", "Parallel", "Parallelism", "Task", "Thread", "ThreadLocal", "ThreadPool", "Vector64", "Vector128", "Vector256", "Vector512",
    ];

    [Fact]
    public void NothingPointsBack()
    {
        string[] violations = Layering.Violations(Sources());
        Assert.True(violations.Length == 0, $"{violations.Length} uses against the arrows of docs/architecture.md:\n{string.Join('\n', violations.Take(40))}");
    }

    [Fact]
    public void KernelsAloneKnowOfVectorsAndThreads() => Assert.Empty(KernelWordsIn(Sources()));

    [Theory]
    [InlineData("Operators", "Parallel.For(0, 2, i => { });", "src/Autograd/Operators/User.cs(3): Parallel")]
    [InlineData("Layers", "using System.Runtime.Intrinsics.X86;", "Intrinsics")]
    [InlineData("Operators", "unsafe struct Rule<V> where V : IVector<V, float>;", "IVector")]
    public void WhatCutsWorkOutsideKernelsIsNamed(string folder, string code, string expected) =>
        Assert.Contains(KernelWordsIn([($"src/Autograd/{folder}/User.cs", $"// Thread\n\n{code}")]), found => found.Contains(expected, StringComparison.Ordinal));

    [Fact]
    public void ThePictureHasNoCycle()
    {
        HashSet<string> before = [];
        foreach ((string folder, string[] mayUse) in Layering.Picture)
        {
            Assert.All(mayUse, other => Assert.Contains(other, before));
            Assert.True(before.Add(folder));
        }
    }

    [Theory]
    [InlineData("Tensors", "class User { Plain plain = new(); }")]
    [InlineData("Operators", "class User { void Use(Value value) { value.Tanh(); value.Plus(value); _ = value + value; Extensions.Double(value); value.Double(); } }")]
    [InlineData("Layers", "class User { Value Use(Value value) => (value + value).Tanh().Double(); }")]
    [InlineData("Tapes", "class User { Value Use(Value value) => value.Plus(value); }")]
    public void WhatTheArrowsAllowPasses(string folder, string code) => Assert.Empty(Check(folder, code));

    [Theory]
    [InlineData("Kernels", "class User { Plain? plain; }", "Kernels uses Plain of Tensors")]
    [InlineData("Tensors", "class User\n{\n    Value value;\n}", "User.cs(3): Tensors uses Value of Tapes")]
    [InlineData("Tapes", "class User { Value Use(Value value) => value.Tanh(); }", "Tapes uses Value.Tanh() of Operators")]
    [InlineData("Tapes", "class User { Value Use(Value value) => value + value; }", "Value.operator +(Value, Value) of Operators")]
    [InlineData("Tapes", "class User { Value Use(Value value) => value.Double(); }", "Extensions.Double(Value) of Operators")]
    [InlineData("Tapes", "class User { Value Use(Value value) => value[3]; }", "Value.this[int] of Operators")]
    [InlineData("Operators", "class User { object Use() { Layer made = new(); return made; } }", "Operators uses Layer of Layers")]
    [InlineData("Operators", "class User { object Use() => Layer.Make(); }", "Operators uses Layer.Make() of Layers")]
    [InlineData("Differentiation", "class User { int Use(Layer layer) => layer.Size; }", "Differentiation uses Layer.Size of Layers")]
    [InlineData("Operators", "class User : Layer;", "Operators uses Layer of Layers")]
    [InlineData("Operators", "class User { Layer Use() => new(); }", "Operators uses Layer.Layer() of Layers")]
    [InlineData("Basement", "class User;", "folder Basement is not in the picture")]
    public void WhatPointsBackIsNamed(string folder, string code, string expected) =>
        Assert.Contains(Check(folder, code), violation => violation.Contains(expected, StringComparison.Ordinal));

    [Fact]
    public void SourcesThatDoNotCompileAreNoProof() =>
        Assert.Contains("do not compile", Assert.Throws<InvalidOperationException>(static () => Check("Tapes", "class User { Unknown x; }")).Message, StringComparison.Ordinal);

    internal static string RepositoryRoot([CallerFilePath] string path = "")
    {
        DirectoryInfo? folder = new FileInfo(path).Directory;
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Autograd.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException($"No Autograd.sln above {path}.");
    }

    /// <summary>Where such words stand outside Kernels. An optimizer's rule, written over vectors of any width, is the one exception.</summary>
    private static string[] KernelWordsIn(IEnumerable<(string Path, string Source)> files) =>
    [
        .. files.Where(static file => !file.Path.StartsWith("src/Autograd/Kernels/", StringComparison.Ordinal))
            .SelectMany(static file => CSharpSyntaxTree.ParseText(file.Source).GetRoot().DescendantTokens()
                .Where(token => KernelWords.Contains(token.ValueText) && !(token.ValueText == "IVector" && file.Path.StartsWith("src/Autograd/Training/", StringComparison.Ordinal)))
                .Select(token => $"{file.Path}({token.GetLocation().GetLineSpan().StartLinePosition.Line + 1}): {token.ValueText}")),
    ];

    private static (string Path, string Source)[] Sources()
    {
        (string, string)[] files =
        [
            .. Directory.EnumerateFiles(Path.Combine(RepositoryRoot(), "src", "Autograd"), "*.cs", SearchOption.AllDirectories)
                .Where(static path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
                .Where(static path => !path.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
                .Select(static path => (Path.GetRelativePath(RepositoryRoot(), path).Replace('\\', '/'), File.ReadAllText(path))),
        ];
        Assert.InRange(files.Length, 40, int.MaxValue);
        return files;
    }

    /// <summary>A small library with a value in two parts, and one more file in a folder.</summary>
    private static string[] Check(string folder, string code) => Layering.Violations(
    [
        ("src/Autograd/Tensors/Plain.cs", "class Plain;"),
        ("src/Autograd/Tapes/Value.cs", "partial struct Value { public Value Plus(Value other) => other; }"),
        ("src/Autograd/Operators/Math/Value.cs", "partial struct Value { public Value Tanh() => this; public Value this[int i] => this; public static Value operator +(Value a, Value b) => a.Plus(b); }"),
        ("src/Autograd/Operators/Extensions.cs", "static class Extensions { public static Value Double(this Value value) => value + value; }"),
        ("src/Autograd/Layers/Layer.cs", "class Layer { public int Size; public static Layer? Make() => null; }"),
        ($"src/Autograd/{folder}/User.cs", code),
    ]);
}
