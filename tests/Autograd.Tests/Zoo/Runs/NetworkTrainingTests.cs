using System.Text.Json;
using System.Text.RegularExpressions;
using Autograd.Zoo;
using Autograd.Zoo.Runs;

namespace Autograd.Tests.Zoo.Runs;

/// <summary>What training a network promises: the step, the schedule, accumulation, clipping, and the same bytes after an interruption.</summary>
public sealed partial class NetworkTrainingTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private TinyModel _model = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, "--accumulate", "1")]
    [InlineData(false, "--accumulate", "2")]
    [InlineData(false, "--optimizer", "rmsprop")]
    [InlineData(false, "--optimizer", "sgd")]
    [InlineData(false, "--schedule", "one-cycle")]
    [InlineData(true, "--accumulate", "1")]
    [InlineData(true, "--accumulate", "2")]
    public void A_run_with_dropout_interrupted_anywhere_ends_with_the_bytes_of_an_uninterrupted_one(bool countsEpochs, string option, string value)
    {
        _model = new(countsEpochs);
        string[] options = [option, value];
        Assert.Equal(ExitCode.Ok, Train("whole", options));
        string expected = Files("whole");
        int accumulated = option == "--accumulate" ? int.Parse(value) : 1;
        foreach (int at in (int[])[0, 1, 6, 7, 8, 19, 20, 39])
        {
            string run = $"at {at}";
            // In the middle of a step that accumulates: the step is done to its end first.
            _model.BeforeBatch = batch =>
            {
                if (batch == (at * accumulated) + accumulated - 1)
                    Stop!.Request(ExitCode.Interrupted);
            };
            int code = Train(run, options);
            Assert.True(code == ExitCode.Interrupted || (code == ExitCode.Ok && at >= (countsEpochs ? 40 / accumulated : 40) - 1), $"{code}: {_error}");
            _model.BeforeBatch = _ => { };
            if (code != ExitCode.Ok)
            {
                using (Checkpoint saved = Checkpoint.Open(Path.Combine(_folder[run], "checkpoint.safetensors"), _ => { }))
                    Assert.Equal(at + 1, saved.Step);
                Assert.False(File.Exists(Path.Combine(_folder[run], "result.json")));
                Assert.Equal(ExitCode.Ok, Train(run, "--resume"));
            }
            Assert.Equal(expected, Files(run));
        }
    }

    [Fact]
    public void Dropout_makes_a_difference_and_the_seed_does()
    {
        Assert.Equal(ExitCode.Ok, Train("a"));
        Assert.Equal(ExitCode.Ok, Train("b", "--seed", "2"));
        Assert.Equal(ExitCode.Ok, Train("c", "--dropout", "0"));
        Assert.Equal(3, new[] { "a", "b", "c" }.Select(run => Files(run)[..2_000]).Distinct().Count());
    }

    [Theory]
    [InlineData("sgd")]
    [InlineData("adam")]
    public void Two_batches_added_up_are_one_of_twice_the_size(string optimizer)
    {
        string[] options = ["--dropout", "0", "--clip", "0", "--optimizer", optimizer];
        Assert.Equal(ExitCode.Ok, Train("large", [.. options, "--batch", "8"]));
        Assert.Equal(ExitCode.Ok, Train("two", [.. options, "--batch", "4", "--accumulate", "2"]));
        Assert.Equal(ExitCode.Ok, Train("small", [.. options, "--batch", "4"]));
        double[] large = Losses("large"), two = Losses("two");
        Assert.Equal(4, large.Length);
        Assert.All(large.Zip(two), pair => Assert.Equal(pair.First, pair.Second, 1e-5 * pair.First));
        Assert.Contains(large.Zip(Losses("small")), pair => Math.Abs(pair.First - pair.Second) > 1e-3 * pair.First);
        float[] weights = Weights("large"), same = Weights("two"), other = Weights("small");
        Assert.All(weights.Zip(same), pair => Assert.Equal(pair.First, pair.Second, 2e-5f));
        Assert.Contains(weights.Zip(other), pair => Math.Abs(pair.First - pair.Second) > 1e-4f);
    }

    [Fact]
    public void An_epoch_sees_all_examples_once_also_when_batches_are_added_up()
    {
        TinyModel model = new(countsEpochs: true);
        JsonElement one = Result("one", model, "--epochs", "6"), two = Result("two", model, "--epochs", "6", "--accumulate", "2");
        Assert.Equal((30, 15), (one.GetProperty("steps").GetInt64(), two.GetProperty("steps").GetInt64()));
        Assert.Equal([5, 10, 15, 20, 25, 30], Lines("one", "validation").Select(line => line.GetProperty("step").GetInt32()));
        Assert.Equal([3, 6, 9, 12, 15], Lines("two", "validation").Select(line => line.GetProperty("step").GetInt32()));
    }

    [Theory]
    [InlineData("constant")]
    [InlineData("cosine")]
    [InlineData("linear")]
    [InlineData("last-quarter")]
    public void The_learning_rate_follows_its_schedule(string schedule)
    {
        Assert.Equal(ExitCode.Ok, Train("run", "--schedule", schedule, "--learning-rate", "0.02"));
        foreach (JsonElement line in Lines("run", "train"))
        {
            // The step of number t, counted from 0, of 40.
            double t = line.GetProperty("step").GetInt32() - 1, expected = 0.02 * schedule switch
            {
                "cosine" => 0.5 * (1 + Math.Cos(Math.PI * t / 40)),
                "linear" => 1 - (t / 40),
                "last-quarter" => t >= 30 ? 0.2 : 1,
                _ => 1,
            };
            Assert.Equal(expected, line.GetProperty("learning_rate").GetDouble(), 1e-9);
        }
    }

    [Fact]
    public void One_cycle_goes_up_and_then_down_to_almost_nothing()
    {
        Assert.Equal(ExitCode.Ok, Train("run", "--schedule", "one-cycle", "--learning-rate", "0.02", "--steps", "100"));
        double[] rates = [.. Lines("run", "train").Select(line => line.GetProperty("learning_rate").GetDouble())];
        int top = Array.IndexOf(rates, rates.Max());
        Assert.InRange(top, 1, 4);
        Assert.InRange(rates[top], 0.019, 0.02);
        Assert.Equal(rates[..(top + 1)].Order(), rates[..(top + 1)]);
        Assert.Equal(rates[top..].OrderDescending(), rates[top..]);
        Assert.InRange(rates[^1], 0, 1e-4);
    }

    [Theory]
    [InlineData("1e-9", 1)]
    [InlineData("0", 0)]
    [InlineData("1e9", 0)]
    public void It_is_said_how_often_the_gradient_was_clipped(string clip, double share)
    {
        Assert.Equal(share, Result("run", _model, "--clip", clip).GetProperty("clipped_share").GetDouble());
        Assert.Equal(share > 0, _error.Contains("the gradient was clipped in 100.0 % of the steps", StringComparison.Ordinal));
    }

    [Fact]
    public void The_clipped_share_counts_the_steps_whose_norm_was_larger_also_after_a_resume()
    {
        // The norms that are logged, of every tenth step, say about what the share must be for their median.
        Assert.Equal(ExitCode.Ok, Train("free", "--clip", "0", "--optimizer", "sgd", "--learning-rate", "1e-9", "--steps", "400"));
        double[] norms = [.. Lines("free", "train").Select(line => line.GetProperty("gradient_norm").GetDouble())];
        double limit = norms.Order().ElementAt(norms.Length / 2);
        string clip = limit.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        string[] options = ["--clip", clip, "--optimizer", "sgd", "--learning-rate", "1e-9"];
        double share = Result("clipped", _model, [.. options, "--steps", "400"]).GetProperty("clipped_share").GetDouble();
        Assert.InRange(share, 0.3, 0.7);
        Assert.Equal(ExitCode.Ok, Train("parts", [.. options, "--steps", "123"]));
        Assert.Equal(ExitCode.Ok, Train("parts", "--resume", "--steps", "400", "--json"));
        Assert.Equal(share, JsonDocument.Parse(_output).RootElement.GetProperty("clipped_share").GetDouble());
        Assert.Equal(123, JsonDocument.Parse(_output).RootElement.GetProperty("first_step").GetInt64());
    }

    [Fact]
    public void The_chosen_network_is_that_of_its_step()
    {
        // With that many features dropped at this rate the figure goes up and down, so that the best network is not the last one.
        string[] options = ["--optimizer", "sgd", "--learning-rate", "0.2", "--clip", "1", "--dropout", "0.6"];
        long best = Result("run", _model, [.. options, "--steps", "70"]).GetProperty("best_step").GetInt64();
        JsonElement[] validations = Lines("run", "validation");
        Assert.Equal(10, validations.Length);
        JsonElement least = validations.MinBy(line => line.GetProperty("value").GetDouble());
        Assert.Equal(best, least.GetProperty("step").GetInt64());
        Assert.InRange(best, 7, 69);
        Assert.Equal(ExitCode.Ok, Train("short", [.. options, "--steps", $"{best}"]));
        using Checkpoint last = Checkpoint.Open(Path.Combine(_folder["short"], "checkpoint.safetensors"), _ => { });
        float[] weights = new float[24];
        last.Read<float>("first.weight", weights);
        Assert.Equal(weights, Weights("run"));

        // The last network, when that is asked for, also of a run that is finished; and back.
        Assert.Equal(70, Result("run", _model, "--resume", "--keep", "last").GetProperty("best_step").GetInt64());
        Assert.NotEqual(weights, Weights("run"));
        Assert.Equal(best, Result("run", _model, "--resume", "--keep", "best").GetProperty("best_step").GetInt64());
        Assert.Equal(weights, Weights("run"));
    }

    [Fact]
    public void The_gradients_of_the_tiny_model_are_right() => Assert.True(_model.Check().Passed);

    private Stopping? Stop { get; set; }

    private string _output = "", _error = "";

    private int Train(string run, params string[] options) => Invoke(run, _model, options);

    private int Invoke(string run, IZooModel model, string[] options)
    {
        using StringWriter output = new(), error = new();
        using Stopping stopping = Stop = new();
        int code = Autograd.Zoo.Commands.Cli.Run(["train", model.Name, "--out", _folder[run], .. options], new(output, error, false, stopping, [model], TextReader.Null));
        (_output, _error) = (output.ToString(), error.ToString());
        return code;
    }

    private JsonElement Result(string run, IZooModel model, params string[] options)
    {
        int code = Invoke(run, model, ["--json", .. options]);
        Assert.True(code == ExitCode.Ok, _error);
        return JsonDocument.Parse(_output).RootElement;
    }

    private JsonElement[] Lines(string run, string split) =>
        [.. File.ReadLines(Path.Combine(_folder[run], "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).Where(line => line.GetProperty("split").GetString() == split)];

    private double[] Losses(string run) => [.. Lines(run, "train").Select(line => line.GetProperty("loss").GetDouble())];

    private float[] Weights(string run)
    {
        using Checkpoint model = Checkpoint.Open(Path.Combine(_folder[run], "model.safetensors"), _ => { });
        float[] weights = new float[24];
        model.Read<float>("first.weight", weights);
        return weights;
    }

    private string Files(string run) => string.Join('\n', new[] { "checkpoint.safetensors", "best.safetensors", "model.safetensors" }
        .Select(name => Convert.ToHexString(File.ReadAllBytes(Path.Combine(_folder[run], name))))
        .Append(Speed().Replace(File.ReadAllText(Path.Combine(_folder[run], "metrics.jsonl")), ""))
        .Append(File.ReadAllText(Path.Combine(_folder[run], "samples.txt"))));

    [GeneratedRegex(",\"units_per_second\":[0-9.E+]+")]
    private static partial Regex Speed();
}
