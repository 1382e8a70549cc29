using Autograd.Kernels;

namespace Autograd;

/// <summary>
/// Which code computes large matrix products: the library's own managed kernel, which is the default and always there, or a
/// native BLAS (basic linear algebra subprograms, <see href="https://www.netlib.org/blas/"/>) that this machine has.
/// </summary>
/// <remarks>
/// <para>
/// A native BLAS serves products of two matrices, one by one or in a batch, and linear layers, forward and backward, where both
/// sides of the result are 32 or more and it takes 64³ multiply-adds or more. Smaller products, convolutions and the
/// fused recurrent layers are always managed. NaN and infinities propagate as in the managed kernel; a library that does not
/// do so is refused.
/// </para>
/// <para>
/// That results have the same bits for any number of threads, and a row's bits for any number of rows, is promised for the
/// managed kernel alone. A native library rounds in an order of its own, which may depend on both.
/// </para>
/// <para>
/// It computes with <see cref="Parallelism.Threads"/> threads where it can be told so: OpenBLAS, MKL, MathNet's MKL and BLIS can;
/// Apple's Accelerate, from macOS 15 on, can be told to use one thread or as many as it likes. That setting is the library's
/// own, so it holds for other users of the same library in this process, too. All members may be used from any thread.
/// </para>
/// </remarks>
public static class NativeBlas
{
    internal const string Variable = "AUTOGRAD_BLAS";

    private const string Managed = "managed", Auto = "auto";

    /// <summary>
    /// The multiply-adds, and the rows and columns of the result, from which a product may go to a native library. Measured
    /// with OpenBLAS 0.3.21 on AVX-512: below 64 · 64 · 64 neither is surely faster; with 16 rows or columns it took 1.2 to 3.5
    /// times as long as the managed kernel, with 32 it took 0.7 to 1.1 times.
    /// </summary>
    internal const int MinWork = 64 * 64 * 64, MinSide = 32;

    private static readonly Choice ManagedChoice = new(Managed, null);
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, BlasLibrary> Loaded = [];

    private static volatile Choice? _choice;

    /// <summary>
    /// What computes now, as <see cref="Use"/> takes it: <c>managed</c>, the name of a library, or the path that was asked for.
    /// At first what the environment variable <c>AUTOGRAD_BLAS</c> says, or <c>managed</c> if it is not set.
    /// </summary>
    /// <exception cref="ArgumentException"><c>AUTOGRAD_BLAS</c> names no library.</exception>
    /// <exception cref="DllNotFoundException"><c>AUTOGRAD_BLAS</c> asks for a library that is not there.</exception>
    public static string Current => Chosen.Name;

    /// <summary>
    /// <see cref="Current"/> in words, for a log: of a native library what it says of its version, and the file it was found as.
    /// </summary>
    /// <exception cref="ArgumentException"><c>AUTOGRAD_BLAS</c> names no library.</exception>
    /// <exception cref="DllNotFoundException"><c>AUTOGRAD_BLAS</c> asks for a library that is not there.</exception>
    public static string Description => Chosen.Library?.Description ?? $"managed kernel, {Math.Max(Simd.Best, 128)}-bit vectors";

    private static Choice Chosen => _choice ?? ReadEnvironment();

    /// <summary>
    /// The names that <see cref="Use"/> would take on this machine, <c>managed</c> first and the others in the order in which
    /// <c>auto</c> tries them. Loads every library it finds, for the rest of the process.
    /// </summary>
    public static IReadOnlyList<string> Available() =>
        [Managed, .. BlasFiles.Names.Where(static name => TryLoad(BlasFiles.Of(name), out _) is not null)];

    /// <summary>Chooses what computes large matrix products, for the whole process, from the next product on.</summary>
    /// <param name="name">
    /// <c>managed</c>, the managed kernel; <c>accelerate</c>, <c>mkl</c> (Intel's <c>mkl_rt</c>), <c>openblas</c> or <c>mathnet</c>
    /// (<c>libMathNetNumericsMKL</c> of the package MathNet.Numerics.MKL.Win-x64 and its siblings); <c>auto</c>, the first of
    /// these four that is found, else <c>managed</c>; or the file of any library with a CBLAS interface: its path, or its name with
    /// the extension, which the system's loader then looks for. Case does not matter in the names.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is null.</exception>
    /// <exception cref="ArgumentException">It is neither a known name nor a path. What was chosen stays chosen.</exception>
    /// <exception cref="DllNotFoundException">
    /// The library is not there, or cannot serve; the message says why for each file that was tried. What was chosen stays chosen.
    /// </exception>
    public static void Use(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        _choice = Choose(name, "NativeBlas.Use");
    }

    /// <summary>Computes the product if a native library is chosen and the product is one for it.</summary>
    internal static bool TryMultiply<T>(in GemmProblem<T> p)
        where T : unmanaged => Chosen.Library is { } library && Math.Min(p.M, p.N) >= MinSide && (long)p.M * p.N * p.K >= MinWork
            // Each part of a parallel region has a thread already.
            && !WorkerPool.IsInside && library.TryMultiply(p);

    /// <summary>Sets what <see cref="Use"/> would choose, for tests; null leaves it to the environment variable again.</summary>
    internal static void Set(Choice? choice) => _choice = choice;

    /// <summary>What a value of the environment variable chooses; none, or an empty one, is the default.</summary>
    internal static Choice FromEnvironment(string? value) =>
        string.IsNullOrWhiteSpace(value) ? ManagedChoice : Choose(value.Trim(), Variable);

    private static Choice ReadEnvironment()
    {
        Choice choice = FromEnvironment(Environment.GetEnvironmentVariable(Variable));
        // A choice made by code in the meantime stands.
        return Interlocked.CompareExchange(ref _choice, choice, null) ?? choice;
    }

    private static Choice Choose(string asked, string asker)
    {
        string name = asked.ToLowerInvariant();
        if (name == Managed)
        {
            return ManagedChoice;
        }
        if (name == Auto)
        {
            foreach (string known in BlasFiles.Names)
            {
                if (TryLoad(BlasFiles.Of(known), out _) is { } found)
                {
                    return new(known, found);
                }
            }
            return ManagedChoice;
        }
        bool isKnown = BlasFiles.Names.Contains(name);
        if (!isKnown && !BlasFiles.IsPath(asked))
        {
            throw new ArgumentException($"{asker}: asked for the BLAS '{asked}', but it takes {Managed}, {Auto}, "
                + $"{string.Join(", ", BlasFiles.Names)}, or a library file with its directory or its extension, such as "
                + "./libopenblas.so.0. Use one of these.");
        }
        if (TryLoad(isKnown ? BlasFiles.Of(name) : [BlasFiles.AtPath(asked)], out string tried) is { } library)
        {
            return new(isKnown ? name : asked, library);
        }
        throw new DllNotFoundException($"{asker}: asked for the BLAS '{asked}', but no library of it can serve here. Tried: {tried}. "
            + $"Install it and see that the system's loader finds it, or name another file by its path, or use '{Managed}', which is "
            + $"always there; '{Auto}' takes what it finds.");
    }

    /// <summary>The first of these files that is a library that can serve; else null and what is wrong with each.</summary>
    private static BlasLibrary? TryLoad(string[] files, out string tried)
    {
        lock (Gate)
        {
            List<string> refusals = [];
            foreach (string file in files)
            {
                if (Loaded.TryGetValue(file, out BlasLibrary? library) || BlasLibrary.TryLoad(file, out library, out string refusal))
                {
                    Loaded[file] = library;
                    tried = string.Empty;
                    return library;
                }
                refusals.Add($"{file} ({refusal})");
            }
            tried = files.Length == 0 ? "nothing, because it belongs to another operating system" : string.Join(", ", refusals);
            return null;
        }
    }

    /// <summary>What was asked for, and the library it is; none is the managed kernel.</summary>
    internal sealed record Choice(string Name, BlasLibrary? Library);
}
