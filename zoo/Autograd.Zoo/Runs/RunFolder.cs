namespace Autograd.Zoo.Runs;

/// <summary>A folder with everything of one run: configuration, metrics, samples and two generations of the checkpoint.</summary>
internal sealed class RunFolder(string path)
{
    public string Path => path;

    public string ConfigPath => System.IO.Path.Combine(path, "config.json");

    public string MetricsPath => System.IO.Path.Combine(path, "metrics.jsonl");

    public string SamplesPath => System.IO.Path.Combine(path, "samples.txt");

    public string CheckpointPath => System.IO.Path.Combine(path, "checkpoint.safetensors");

    public string PreviousPath => System.IO.Path.Combine(path, "checkpoint.previous.safetensors");

    /// <summary>Whether there is something to resume.</summary>
    public bool HasCheckpoint => File.Exists(CheckpointPath) || File.Exists(PreviousPath);

    /// <summary>Makes the folder, and keeps other processes from training in it until the result is disposed. The lock is the
    /// system's, so none is left when a process is killed.</summary>
    /// <exception cref="IOException">Another process trains in the folder, or it cannot be made.</exception>
    public IDisposable Lock()
    {
        Directory.CreateDirectory(path);
        return new FileStream(System.IO.Path.Combine(path, "run.lock"), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 0,
            FileOptions.DeleteOnClose);
    }

    /// <summary>Opens the checkpoint, or the previous one with a warning when it is missing or damaged.</summary>
    /// <exception cref="Failure">Neither can be used.</exception>
    public Checkpoint OpenCheckpoint(Action<string> warn)
    {
        try
        {
            return Checkpoint.Open(CheckpointPath, warn);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            if (!File.Exists(PreviousPath))
                throw Unusable(error);
            try
            {
                Checkpoint previous = Checkpoint.Open(PreviousPath, warn);
                warn($"{Reason(error)}; going on from the previous checkpoint");
                return previous;
            }
            catch (Exception second) when (second is IOException or UnauthorizedAccessException)
            {
                throw Unusable(error);
            }
        }
    }

    private Failure Unusable(Exception error) => error is FileNotFoundException or DirectoryNotFoundException
        ? new Failure(ExitCode.InputFile, path, "the folder of a run", "no checkpoint", "name the folder of a run, or train one", error)
        : new Failure(ExitCode.InputFile, CheckpointPath, "a checkpoint", Reason(error), "restore it, or start a new run", error);

    private string Reason(Exception error) => error switch
    {
        SafetensorsException damaged => $"{damaged.FileName}: byte {damaged.Offset}: {damaged.Reason.TrimEnd('.')}",
        FileNotFoundException => $"{CheckpointPath} is missing",
        _ => error.Message.TrimEnd('.'),
    };
}
