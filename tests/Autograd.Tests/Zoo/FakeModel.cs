using System.Globalization;
using Autograd.Zoo;
using Autograd.Zoo.Runs;

namespace Autograd.Tests.Zoo;

/// <summary>A model whose steps are plain arithmetic, for tests of everything around a model. What befalls it is set by the test.</summary>
internal sealed class FakeModel : IZooModel
{
    public string Name { get; init; } = "fake";

    public string Description => "A model for tests.";

    public IReadOnlyList<Setting> Settings { get; } =
    [
        new TextSetting("data", "a text") { MayChange = true },
        new ChoiceSetting("cell", "the cell", "plain", "gated"),
        new IntegerSetting("size", "numbers in the state", 3, 1, 1_000_000_000_000),
        new NumberSetting("learning-rate", "how far a step goes", 0.01, 0, 10) { AboveLeast = true },
        new NumberSetting("decay", "how long the past counts", 0.95, 0, 1) { BelowMost = true },
        new IntegerSetting("steps", "steps in all", 620, 1, 1_000_000) { MayChange = true },
        new IntegerSetting("seed", "seed", 1, 0, long.MaxValue),
    ];

    /// <summary>Called before each step with its number.</summary>
    public Action<long> BeforeStep { get; set; } = _ => { };

    /// <summary>Called before each validation.</summary>
    public Action BeforeValidation { get; set; } = () => { };

    public Func<long, double> LossOf { get; set; } = step => 1 / (1.0 + step);

    public ITrainingRun Create(SettingValues settings)
    {
        MemoryGuard.Require("--size", [("state", [settings.Long("size")], sizeof(double))]);
        if (settings.Text("data") is string path && !File.Exists(path))
            throw new Failure(ExitCode.InputFile, path, "a text file", "no file of that name", "check the path");
        return new Run(this, settings);
    }

    public ITrainedModel Open(SettingValues settings, Checkpoint checkpoint)
    {
        var run = new Run(this, settings);
        run.Load(checkpoint);
        return run;
    }

    private sealed class Run(FakeModel model, SettingValues settings) : ITrainingRun, ITrainedModel
    {
        private readonly double[] _state = new double[settings.Integer("size")];

        public long ParameterCount => _state.Length;

        public int TokensPerStep => 7;

        public double? EntropyRate => settings.Text("data") is null ? 0.5 : null;

        public StepResult Step(long step)
        {
            model.BeforeStep(step);
            double loss = model.LossOf(step);
            for (int i = 0; i < _state.Length && double.IsFinite(loss); i++)
                _state[i] = Math.Sin((_state[i] * settings.Number("decay")) + i + step) + (settings.Number("learning-rate") * loss);
            return new StepResult(loss, Math.Abs(_state[0]), settings.Number("learning-rate"));
        }

        public double Validate(CancellationToken stop)
        {
            model.BeforeValidation();
            stop.ThrowIfCancellationRequested();
            return Math.Abs(_state.Sum());
        }

        public string Sample(long step) => string.Create(CultureInfo.InvariantCulture, $"{_state[0]:R}\nstep 3\n\nend\n");

        public void Save(SafetensorsWriter writer, long step)
        {
            writer.AddMetadata("cell", settings.Text("cell")!);
            writer.Add<double>("state", [_state.Length], _state);
        }

        public void Load(Checkpoint checkpoint)
        {
            if (checkpoint.Text("cell") != settings.Text("cell"))
                throw checkpoint.Refuse("metadata 'cell'", settings.Text("cell")!, checkpoint.Text("cell"));
            checkpoint.Require([("state", "F64", [_state.Length])]);
            checkpoint.Read<double>("state", _state);
        }

        public void Sample(SampleRequest request, TextWriter output, CancellationToken stop) =>
            output.Write(string.Create(CultureInfo.InvariantCulture,
                $"{request.Prompt}|{request.Length}|{request.Temperature}|{request.TopK}|{request.TopP}|{request.Seed}|{_state[0]:R}"));

        public Evaluation Evaluate(string? data, CancellationToken stop) => new(Validate(stop), 12, data is null ? EntropyRate : null);

        public void Dispose()
        {
        }
    }
}

/// <summary>Runs commands in this process.</summary>
internal sealed class CliRunner : IDisposable
{
    public FakeModel Model { get; } = new();

    public TempFolder Folder { get; } = new();

    public Stopping Stopping { get; private set; } = new();

    public string Output { get; private set; } = "";

    public string Error { get; private set; } = "";

    public string Run { get; set; } = "run";

    public string this[string name] => Path.Combine(Folder[Run], name);

    /// <summary>Runs a command line.</summary>
    public int Invoke(params string[] args)
    {
        Stopping.Dispose();
        Stopping = new Stopping();
        using StringWriter output = new(), error = new();
        try
        {
            return Autograd.Zoo.Commands.Cli.Run(args, new(output, error, false, Stopping, [new FakeModel { Name = "another" }, Model]));
        }
        finally
        {
            (Output, Error) = (output.ToString(), error.ToString());
        }
    }

    /// <summary>Trains into the run folder.</summary>
    public int Train(params string[] options) => Invoke(["train", "fake", "--out", Folder[Run], .. options]);

    public void Dispose()
    {
        Stopping.Dispose();
        Folder.Dispose();
    }
}
