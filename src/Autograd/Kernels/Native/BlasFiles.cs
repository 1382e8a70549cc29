namespace Autograd.Kernels;

/// <summary>The native libraries that are known by name, and the files they come as.</summary>
internal static class BlasFiles
{
    /// <summary>In the order in which a machine's fastest is likely to come first.</summary>
    internal static readonly string[] Names = ["accelerate", "mkl", "openblas", "mathnet"];

    /// <summary>Whether a name is that of a file: it has a directory or an extension.</summary>
    internal static bool IsPath(string name) => HasDirectory(name) || Path.HasExtension(name);

    /// <summary>What to ask the loader for if a file is named: its full path, or, without a directory, its name, to be searched.</summary>
    internal static string AtPath(string file) => HasDirectory(file) ? Path.GetFullPath(file) : file;

    /// <summary>What to ask the loader for on this system, newest version first.</summary>
    internal static string[] Of(string name) => Of(name, OperatingSystem.IsWindows(), OperatingSystem.IsMacOS());

    internal static string[] Of(string name, bool isWindows, bool isMac) => (name, isWindows, isMac) switch
    {
        ("accelerate", _, true) => ["/System/Library/Frameworks/Accelerate.framework/Accelerate"],
        ("mkl", true, _) => ["mkl_rt.3.dll", "mkl_rt.2.dll", "mkl_rt.1.dll", "mkl_rt.dll"],
        ("mkl", _, true) => ["libmkl_rt.2.dylib", "libmkl_rt.1.dylib", "libmkl_rt.dylib"],
        ("mkl", _, _) => ["libmkl_rt.so.3", "libmkl_rt.so.2", "libmkl_rt.so.1", "libmkl_rt.so"],
        ("openblas", true, _) => ["libopenblas.dll", "openblas.dll"],
        // Homebrew keeps it out of the loader's path, in its own folder: of Arm, of Intel.
        ("openblas", _, true) =>
        [
            "libopenblas.0.dylib", "libopenblas.dylib", "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
            "/usr/local/opt/openblas/lib/libopenblas.dylib",
        ],
        ("openblas", _, _) => ["libopenblas.so.0", "libopenblas.so"],
        ("mathnet", true, _) => ["libMathNetNumericsMKL.dll"],
        ("mathnet", _, true) => ["libMathNetNumericsMKL.dylib"],
        ("mathnet", _, _) => ["libMathNetNumericsMKL.so"],
        _ => [],
    };

    private static bool HasDirectory(string name) => name.Contains('/') || name.Contains('\\');
}
