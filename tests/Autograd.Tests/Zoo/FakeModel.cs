using System.Globalization;
using Autograd.Zoo;
using Autograd.Zoo.Reports;
using Autograd.Zoo.Runs;

namespace Autograd.Tests.Zoo;

/// <summary>A model whose steps are plain arithmetic, for tests of everything around a model. What befalls it is set by the test.</summary>
internal sealed class FakeModel : IZooModel
{
    public string Name { get; init; } = "fake";

    public string Description => "A model for tests.";

    public IReadOnlyList<string> Cells => ["plain", "gated"];

    public IReadOnlyList<Setting> Settings { get; } =
    [
        new TextSetting("data", "a text") { MayChange = true },
        new ChoiceSetting("cell", "the cell", "plain", "gated"),
        new IntegerSetting("size", "numbers in the state", 3, 1, 1_000_000_000_000),
        new NumberSetting("learning-rate", "how far a step goes", 0.01, 0, 10) { AboveLeast = true },
        new NumberSetting("decay", "how long the past counts", 0.95, 0, 1) { BelowMost = true },
        new IntegerSetting("steps", "steps in all", 620, 1, 1_000_000) { MayChange = true },
        new IntegerSetting("patience", "validations without a better figure", 0, 0, 1000) { MayChange = true },
        new IntegerSetting("seed", "seed", 1, 0, long.MaxValue),
    ];

    /// <summary>Called before each step with its number.</summary>
    public Action<long> BeforeStep { get; set; } = _ => { };

    /// <summary>Called before each validation.</summary>
    public Action BeforeValidation { get; set; } = () => { };

    public Func<long, double> LossOf { get; set; } = step => 1 / (1.0 + step);

    /// <summary>The figure of a validation; the sum of the state where it gives none.</summary>
    public Func<double?> FigureOf { get; set; } = () => null;

    /// <summary>Further parts of the report.</summary>
    public ReportPart[] Parts { get; set; } = [];

    /// <summary>What the gradient check looks at.</summary>
    public Func<Variable<double>, Variable<double>> Checked { get; set; } = x => x.Tanh();

    public GradientCheckReport Check() => GradientCheck.Run(x => Checked(x[0]), [new Tensor<double>([2], [0.3, -0.4])]);

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

        public string Data => settings.Text("data") ?? "numbers";

        public long ParameterCount => _state.Length;

        public long Steps => settings.Long("steps");

        public long StepsPerValidation => 100;

        public string Unit => "chars";

        public double? Expected => 0.25;

        public double? Bound => settings.Text("data") is null ? 0.5 : null;

        public IReadOnlyList<(string Name, long[] Shape)> Weights => [("state", [_state.Length])];

        public StepResult Step(long step)
        {
            model.BeforeStep(step);
            double loss = model.LossOf(step);
            for (int i = 0; i < _state.Length && double.IsFinite(loss); i++)
                _state[i] = Math.Sin((_state[i] * settings.Number("decay")) + i + step) + (settings.Number("learning-rate") * loss);
            return new StepResult(loss, Math.Abs(_state[0]), settings.Number("learning-rate"), 7, Clipped: step % 4 == 0);
        }

        public Score Validate(CancellationToken stop)
        {
            model.BeforeValidation();
            stop.ThrowIfCancellationRequested();
            return new(Metric.ValidationLoss("character"), model.FigureOf() ?? Math.Abs(_state.Sum()), 12);
        }

        public Score Test(CancellationToken stop) => Validate(stop);

        public IEnumerable<ReportPart> Report(CancellationToken stop) =>
        [
            new TextPart("<Text>", "A & B", "line <1>\nline 2"),
            new TablePart("Table", "Rows.", ["a", "b"], [["1", "<2>"]]),
            new HeatPart("Heat", "Colours.", ["r"], ["c", "d"], [[1, 0.5]], "row", "column", "0.0"),
            new LinesPart("Lines", "Curves.", "x", "y", [new Line("one", [0, 1, 2], [3, double.NaN, 5])], new Band("between", [0, 1], [1, 2], [4, 6])),
            new SvgPart("Picture", "Drawn.", "<svg></svg>"),
            .. model.Parts,
        ];

        public string Sample(long step) => string.Create(CultureInfo.InvariantCulture, $"{_state[0]:R}\nstep 3\n\nend\n");

        public void SaveModel(SafetensorsWriter writer)
        {
            writer.AddMetadata("cell", settings.Text("cell")!);
            writer.Add<double>("state", [_state.Length], _state);
        }

        public void Save(SafetensorsWriter writer, long step) => SaveModel(writer);

        public void LoadModel(Checkpoint checkpoint) => Load(checkpoint);

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

        public bool Predicts => true;

        public IReadOnlyList<string>? SampleOptions => ["prompt", "length", "temperature", "top-k", "top-p", "seed"];

        public void Predict(string input, TextWriter output, CancellationToken stop) =>
            output.WriteLine(input == "nonsense" ? throw new Failure(ExitCode.InputFile, input, "sense", "none", "ask again") : $"{input}!");

        public Evaluation Evaluate(string? data, CancellationToken stop) => new(Validate(stop), data ?? Data, Expected, data is null ? Bound : null);

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

    /// <summary>What stands on standard input.</summary>
    public TextReader Input { get; set; } = TextReader.Null;

    public string this[string name] => Path.Combine(Folder[Run], name);

    /// <summary>Runs a command line.</summary>
    public int Invoke(params string[] args)
    {
        Stopping.Dispose();
        Stopping = new Stopping();
        using StringWriter output = new(), error = new();
        try
        {
            return Autograd.Zoo.Commands.Cli.Run(args, new(output, error, false, Stopping, [new FakeModel { Name = "another" }, Model], Input));
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
