namespace Autograd.Zoo.Runs;

/// <summary>A folder with everything of one run: configuration, metrics, samples, the best network and two generations of the checkpoint.</summary>
internal sealed class RunFolder(string path)
{
    public string Path => path;

    public string ConfigPath => System.IO.Path.Combine(path, "config.json");

    public string MetricsPath => System.IO.Path.Combine(path, "metrics.jsonl");

    public string SamplesPath => System.IO.Path.Combine(path, "samples.txt");

    public string CheckpointPath => System.IO.Path.Combine(path, "checkpoint.safetensors");

    /// <summary>The network with the best validation so far.</summary>
    public string BestPath => System.IO.Path.Combine(path, "best.safetensors");

    /// <summary>What the run came to: the best network, when all steps are done.</summary>
    public string ModelPath => System.IO.Path.Combine(path, "model.safetensors");

    public string ResultPath => System.IO.Path.Combine(path, "result.json");

    public string ReportPath => System.IO.Path.Combine(path, "report.html");

    public string PreviousPath => System.IO.Path.Combine(path, "checkpoint.previous.safetensors");

    /// <summary>Whether there is something to resume.</summary>
    public bool HasCheckpoint => File.Exists(CheckpointPath) || File.Exists(PreviousPath);

    /// <summary>Whether there is something that was trained.</summary>
    public bool HasRun => HasCheckpoint || File.Exists(BestPath) || File.Exists(ModelPath);

    /// <summary>A folder that is there.</summary>
    /// <exception cref="Failure">It is not.</exception>
    public static RunFolder Existing(string path) => Directory.Exists(path) ? new(path)
        : throw new Failure(ExitCode.InputFile, path, "the folder of a run", "no such folder", "name the folder given as --out to train");

    /// <summary>Makes the folder, and keeps other processes from training in it until the result is disposed. The lock is the
    /// system's, so none is left when a process is killed.</summary>
    /// <exception cref="Failure">Another process trains in the folder.</exception>
    /// <exception cref="IOException">It cannot be made.</exception>
    public IDisposable Lock()
    {
        Directory.CreateDirectory(path);
        string file = System.IO.Path.Combine(path, "run.lock");
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 0, FileOptions.DeleteOnClose);
        }
        catch (IOException error) when (File.Exists(file))
        {
            throw new Failure(ExitCode.Disk, path, "a folder that no other process trains in", "one in use", "wait for it to end, or name another folder by --out", error);
        }
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

    /// <summary>Opens the model of the run; while it is not finished the best network, and before the first validation the checkpoint.</summary>
    /// <exception cref="Failure">None can be used.</exception>
    public Checkpoint OpenModel(Action<string> warn)
    {
        foreach (string file in (string[])[ModelPath, BestPath])
        {
            try
            {
                return Checkpoint.Open(file, warn);
            }
            catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
            {
                // The next one.
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                warn($"{Reason(error)}; using an earlier file of the run");
            }
        }
        return OpenCheckpoint(warn);
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
