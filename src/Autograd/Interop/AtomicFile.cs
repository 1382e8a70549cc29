using System.Runtime.InteropServices;

namespace Autograd;

/// <summary>Writes files so that a reader, or a restart after a crash, finds the old content or the new, never a part of it.</summary>
public static partial class AtomicFile
{
    /// <summary>
    /// Writes a temporary file beside <paramref name="path"/> (its name with <c>.tmp</c> added), flushes it to the disk, and renames
    /// it over <paramref name="path"/>; on Unix the folder is then flushed too, so that the renaming itself survives a loss of power.
    /// </summary>
    /// <param name="path">The file to create or replace. It may be open for reading elsewhere; that reader keeps the old content.</param>
    /// <param name="write">Writes the content.</param>
    /// <param name="previousPath">Where to keep the content that is replaced, in the same folder; it replaces what is there.
    /// Not kept when null.</param>
    /// <exception cref="IOException">A file operation failed. The old file is as it was, and the temporary file is removed.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or the file may not be written.</exception>
    /// <remarks>Whatever <paramref name="write"/> throws passes through, with the same promise. After a process is killed the temporary
    /// file may remain; the next write to the same path replaces it. Two processes cannot write the same path at once: the second
    /// gets an <see cref="IOException"/>.</remarks>
    public static void Write(string path, Action<Stream> write, string? previousPath = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        Write(path, write, previousPath, static _ => { });
    }

    /// <summary>As the public method; <paramref name="before"/> is told of each file operation and may fail in its place.</summary>
    internal static void Write(string path, Action<Stream> write, string? previousPath, Action<string> before)
    {
        path = Path.GetFullPath(path);
        string temporary = path + ".tmp";
        before("create");
        // Outside the try: a file that another writer holds is not ours to delete.
        FileStream file = new(temporary, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
        try
        {
            using (file)
            {
                write(file);
                before("flush");
                file.Flush(flushToDisk: true);
            }
            before("replace");
            if (previousPath is not null && File.Exists(path))
                File.Replace(temporary, path, Path.GetFullPath(previousPath), ignoreMetadataErrors: true);
            else
                File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }
        before("flush folder");
        if (!OperatingSystem.IsWindows())
            FlushFolder(Path.GetDirectoryName(path)!);
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The error that led here says more than this one.
        }
    }

    /// <summary>fsync of a folder, which .NET cannot open. A file system that has no such thing, or a folder that may be written but
    /// not read, is no error.</summary>
    private static void FlushFolder(string path)
    {
        const int ReadOnly = 0, InputOutputError = 5, NoSpace = 28;
        int descriptor = Open(path, ReadOnly);
        if (descriptor < 0)
            return;
        int error = Synchronize(descriptor) == 0 ? 0 : Marshal.GetLastPInvokeError();
        _ = Close(descriptor);
        if (error is InputOutputError or NoSpace)
            throw new IOException($"{path}: the folder could not be flushed to the disk: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Synchronize(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
