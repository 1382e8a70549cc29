using System.Text.Json;
using System.Text.RegularExpressions;
using Autograd.Zoo;
using Autograd.Zoo.Runs;

namespace Autograd.Tests.Zoo.Commands;

public sealed partial class TrainCommandTests : IDisposable
{
    private readonly CliRunner _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public void A_run_leaves_its_files_and_its_result()
    {
        Assert.Equal(ExitCode.Ok, _cli.Train("--json", "--steps", "620"));
        JsonElement result = JsonDocument.Parse(_cli.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]).RootElement;
        Assert.Equal(
            [
                "model", "data", "cell", "metric", "value", "figure", "expected", "steps", "best_step", "parameters", "train_loss", "validation_loss",
                "entropy_rate", "clipped_share", "first_step", "tokens_per_second", "seconds", "peak_memory_bytes",
            ],
            result.EnumerateObject().Select(property => property.Name));
        Assert.Equal("fake", result.GetProperty("model").GetString());
        Assert.Equal("plain", result.GetProperty("cell").GetString());
        Assert.Equal(620, result.GetProperty("steps").GetInt64());
        Assert.Equal(3, result.GetProperty("parameters").GetInt64());
        Assert.Equal(0.5, result.GetProperty("entropy_rate").GetDouble());
        Assert.True(result.GetProperty("tokens_per_second").GetDouble() > 0);
        Assert.Single(_cli.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(
            [
                "best.safetensors", "checkpoint.previous.safetensors", "checkpoint.safetensors", "config.json", "metrics.jsonl", "model.safetensors", "result.json",
                "samples.txt",
            ],
            Directory.GetFiles(_cli.Folder["run"]).Select(Path.GetFileName).Order());
        JsonElement[] metrics = [.. File.ReadLines(_cli["metrics.jsonl"]).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(Enumerable.Range(1, 62).Select(i => 10L * i), metrics.Where(line => line.GetProperty("split").GetString() == "train")
            .Select(line => line.GetProperty("step").GetInt64()));
        Assert.Equal([100, 200, 300, 400, 500, 600, 620], metrics.Where(line => line.GetProperty("split").GetString() == "validation")
            .Select(line => line.GetProperty("step").GetInt64()));
        Assert.All(metrics, line => Assert.Equal(
            line.GetProperty("split").GetString() == "train"
                ? ["step", "split", "loss", "learning_rate", "gradient_norm", "units_per_second"]
                : ["step", "split", "metric", "value", "count"],
            line.EnumerateObject().Select(property => property.Name)));
        Assert.DoesNotContain(metrics, line => line.GetProperty("split").GetString() is not ("train" or "validation"));
        Assert.Equal(_cli.Output.TrimEnd(), File.ReadAllText(_cli["result.json"]).TrimEnd());
        Assert.Equal(1 / 10.0, metrics[0].GetProperty("loss").GetDouble());
        Assert.Equal(["step 250", "step 500", "step 620"], File.ReadLines(_cli["samples.txt"]).Where(line => line.StartsWith('s')));
        using Checkpoint checkpoint = Checkpoint.Open(_cli["checkpoint.safetensors"], _ => { }), previous =
            Checkpoint.Open(_cli["checkpoint.previous.safetensors"], _ => { });
        Assert.Equal((620, 600), (checkpoint.Step, previous.Step));
    }

    [Fact]
    public void Progress_goes_to_standard_error_and_can_be_silenced()
    {
        Assert.Equal(ExitCode.Ok, _cli.Train("--steps", "100"));
        Assert.Equal("", _cli.Output);
        Assert.Matches(@"step 50/100  loss 0\.\d{4}  [\d,]+ chars/s  0:00 left", _cli.Error);
        Assert.Contains("its page promises 0.25", _cli.Error, StringComparison.Ordinal);
        Assert.Contains("the gradient was clipped in 25.0 % of the steps", _cli.Error, StringComparison.Ordinal);
        Assert.Contains("% above 0.5000, below which no model can come", _cli.Error, StringComparison.Ordinal);
        _cli.Run = "silent";
        Assert.Equal(ExitCode.Ok, _cli.Train("--steps", "100", "--quiet"));
        Assert.Equal("", _cli.Output + _cli.Error);
    }

    [Fact]
    public void A_run_interrupted_anywhere_and_resumed_ends_the_same()
    {
        string expected = Uninterrupted();
        for (int at = 0; at <= 620; at += at < 4 || at > 617 || at % 100 is 98 or 99 ? 1 : 19)
        {
            _cli.Run = $"interrupted {at}";
            _cli.Model.BeforeStep = step =>
            {
                if (step == at)
                    _cli.Stopping.Request(ExitCode.Interrupted);
            };
            int code = _cli.Train("--quiet");
            Assert.Equal(at >= 619 ? code : ExitCode.Interrupted, code);
            _cli.Model.BeforeStep = _ => { };
            if (code != ExitCode.Ok)
                Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--resume"));
            Assert.Equal(expected, Files());
        }
    }

    [Fact]
    public void A_run_killed_anywhere_and_resumed_ends_the_same()
    {
        string expected = Uninterrupted();
        for (int at = 0; at < 620; at += 37)
        {
            _cli.Run = $"killed {at}";
            _cli.Model.BeforeStep = step =>
            {
                if (step == at)
                    throw new InvalidTimeZoneException();
            };
            Assert.Equal(ExitCode.InternalError, _cli.Train());
            Assert.Contains("internal error: expected no exception, got InvalidTimeZoneException", _cli.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", _cli.Error, StringComparison.Ordinal);
            // What a killed process may leave: entries behind the checkpoint, half an entry, half a checkpoint.
            File.AppendAllText(_cli["metrics.jsonl"], "{\"step\":60");
            File.AppendAllText(_cli["samples.txt"], "step 600\n  half an ent");
            File.WriteAllText(_cli["checkpoint.safetensors.tmp"], "half a checkpoint");
            _cli.Model.BeforeStep = _ => { };
            Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--resume"));
            Assert.Equal(expected, Files());
        }
    }

    [Fact]
    public void A_validation_that_was_interrupted_is_made_up_for()
    {
        string expected = Uninterrupted();
        int validations = 0;
        _cli.Run = "interrupted";
        foreach (int interrupted in (int[])[1, 2])
        {
            _cli.Model.BeforeValidation = () =>
            {
                if (++validations == interrupted)
                    _cli.Stopping.Request(ExitCode.Terminated);
            };
            Assert.Equal(ExitCode.Terminated, _cli.Train("--quiet", "--resume"));
            validations = interrupted - 1;
        }
        _cli.Model.BeforeValidation = () => { };
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--resume"));
        Assert.Equal(expected, Files());
    }

    [Fact]
    public void A_finished_run_is_left_as_it_is()
    {
        Assert.Equal(ExitCode.Ok, _cli.Train("--json"));
        string first = _cli.Output;
        Dictionary<string, (DateTime, string)> before = Snapshot();
        _cli.Model.BeforeStep = _ => throw new InvalidOperationException();
        // The figure was looked at once.
        _cli.Model.BeforeValidation = () => throw new InvalidOperationException();
        Assert.Equal(ExitCode.Ok, _cli.Train("--resume", "--json"));
        Assert.Equal(first, _cli.Output);
        Assert.Contains("finished", _cli.Error, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot());

        Dictionary<string, (DateTime, string)> Snapshot() => Directory.GetFiles(_cli.Folder["run"])
            .ToDictionary(path => path, path => (File.GetLastWriteTimeUtc(path), Convert.ToHexString(File.ReadAllBytes(path))));
    }

    [Fact]
    public void More_steps_may_be_asked_for()
    {
        string expected = Uninterrupted();
        foreach (string before in (string[])["500", "450", "455", "3"])
        {
            _cli.Run = "longer than " + before;
            Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--steps", before));
            Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--resume", "--steps", "620"));
            Assert.Equal(expected, Files());
        }
        Assert.Equal(ExitCode.Usage, _cli.Train("--resume", "--steps", "619"));
        Assert.Contains("--steps: expected at least the 620 steps that are done, got 619; ", _cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_with_a_run_is_not_overwritten()
    {
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--steps", "10"));
        string before = Files();
        Assert.Equal(ExitCode.Usage, _cli.Train("--quiet", "--steps", "20"));
        Assert.Contains("expected a folder without a run, got a run; go on with it by --resume, or choose another --out", _cli.Error,
            StringComparison.Ordinal);
        Assert.Equal(before, Files());
        // A trained model is a run, also when its checkpoint was thrown away.
        File.Delete(_cli["checkpoint.safetensors"]);
        Assert.Equal(ExitCode.Usage, _cli.Train("--quiet", "--steps", "20"));
        Assert.Equal(ExitCode.InputFile, _cli.Train("--quiet", "--steps", "20", "--resume"));
        Assert.Contains("expected a checkpoint to go on from, got a trained model without one; ", _cli.Error, StringComparison.Ordinal);
        File.Delete(_cli["model.safetensors"]);
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--steps", "20", "--size", "4"));
        Assert.Equal(2, File.ReadLines(_cli["metrics.jsonl"]).Count(line => line.Contains("train", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("--size", "4", "3, as in the run that is resumed, got 4")]
    [InlineData("--cell", "gated", "plain, as in the run that is resumed, got gated")]
    [InlineData("--learning-rate", "0.02", "0.01, as in the run that is resumed, got 0.02")]
    [InlineData("--seed", "2", "1, as in the run that is resumed, got 2")]
    public void A_run_is_resumed_with_its_own_settings(string option, string value, string message)
    {
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--steps", "10"));
        string before = Files();
        Assert.Equal(ExitCode.Usage, _cli.Train("--resume", option, value));
        Assert.StartsWith($"autograd: train fake: {option}: expected {message}; ", _cli.Error, StringComparison.Ordinal);
        Assert.Equal(before, Files());
    }

    [Fact]
    public void A_damaged_checkpoint_falls_back_to_the_previous_one()
    {
        string expected = Uninterrupted();
        foreach (Action<string> damage in (Action<string>[])[
            path => File.WriteAllBytes(path, File.ReadAllBytes(path)[..^1]),
            path =>
            {
                byte[] content = File.ReadAllBytes(path);
                content[^3] ^= 1;
                File.WriteAllBytes(path, content);
            },
            File.Delete,
            path => File.WriteAllText(path, ""),
        ])
        {
            _cli.Run = "damaged";
            if (Directory.Exists(_cli.Folder["damaged"]))
                Directory.Delete(_cli.Folder["damaged"], true);
            Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--steps", "450"));
            damage(_cli["checkpoint.safetensors"]);
            Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--resume", "--steps", "620"));
            Assert.Contains("autograd: warning: ", _cli.Error, StringComparison.Ordinal);
            Assert.Contains("going on from the previous checkpoint", _cli.Error, StringComparison.Ordinal);
            Assert.Equal(expected, Files());
        }
        File.WriteAllText(_cli["checkpoint.safetensors"], "no");
        File.WriteAllText(_cli["checkpoint.previous.safetensors"], "no");
        Assert.Equal(ExitCode.InputFile, _cli.Train("--resume"));
        // The trained model can still be used; without it, and without the best network, there is nothing.
        Assert.Equal(ExitCode.Ok, _cli.Invoke("sample", _cli.Folder["damaged"]));
        File.Delete(_cli["model.safetensors"]);
        File.WriteAllText(_cli["best.safetensors"], "no");
        Assert.Equal(ExitCode.InputFile, _cli.Invoke("sample", _cli.Folder["damaged"]));
        Assert.Contains("checkpoint.safetensors: expected a checkpoint, got ", _cli.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "Infinity")]
    public void A_loss_that_is_no_number_stops_the_run(double loss, string shown)
    {
        _cli.Model.LossOf = step => step == 250 ? loss : 1;
        Assert.Equal(ExitCode.Numeric, _cli.Train("--quiet"));
        Assert.Equal(
            $"autograd: train fake: step 251: expected a finite loss, got {shown}; "
                + "the last checkpoint is kept; lower --learning-rate or --clip",
            _cli.Error.TrimEnd());
        using Checkpoint checkpoint = Checkpoint.Open(_cli["checkpoint.safetensors"], _ => { });
        Assert.Equal(200, checkpoint.Step);
    }

    [Fact]
    public void A_run_of_another_model_is_refused()
    {
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--steps", "10"));
        Assert.Equal(ExitCode.Usage, _cli.Invoke("train", "another", "--resume", "--out", _cli.Folder["run"]));
        Assert.Contains("expected a run of another, got one of fake; use train fake, or another --out", _cli.Error,
            StringComparison.Ordinal);
        // The same with a configuration that was changed by hand.
        File.WriteAllText(_cli["config.json"], File.ReadAllText(_cli["config.json"]).Replace("\"fake\"", "\"another\"",
            StringComparison.Ordinal));
        Assert.Equal(ExitCode.InputFile, _cli.Invoke("sample", _cli.Folder["run"]));
        Assert.Contains("metadata 'model': expected another, got fake", _cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void With_nothing_to_resume_a_run_begins()
    {
        Assert.Equal(ExitCode.Ok, _cli.Train("--resume", "--steps", "10", "--quiet"));
        Assert.Contains("has no run to resume; starting one", _cli.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(_cli["checkpoint.safetensors"]));
    }

    [Fact]
    public void A_sample_and_an_evaluation_of_a_run()
    {
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--steps", "10"));
        Assert.Equal(ExitCode.Ok, _cli.Invoke("sample", _cli.Folder["run"], "--prompt", "@file", "--length", "7", "--temperature", "0.5",
            "--top-k", "3", "--top-p", "0.25", "--seed", "9"));
        Assert.StartsWith("@file|7|0.5|3|0.25|9|", _cli.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, _cli.Invoke("evaluate", _cli.Folder["run"], "--json"));
        JsonElement result = JsonDocument.Parse(_cli.Output).RootElement;
        Assert.Equal(12, result.GetProperty("tokens").GetInt64());
        Assert.Equal(0.5, result.GetProperty("entropy_rate").GetDouble());
        Assert.Equal(10, result.GetProperty("steps").GetInt64());
        Assert.Equal(ExitCode.Ok, _cli.Invoke("evaluate", _cli.Folder["run"], "--json", "--data", "other"));
        Assert.Equal(JsonValueKind.Null, JsonDocument.Parse(_cli.Output).RootElement.GetProperty("entropy_rate").ValueKind);
        Assert.Equal(ExitCode.Ok, _cli.Invoke("evaluate", _cli.Folder["run"]));
        Assert.Contains("nats a character (12), ", _cli.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, _cli.Invoke("list"));
        Assert.Equal(["another", "fake", "gated", "plain"], _cli.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(' ')[0]));
        Assert.Contains("another, fake", _cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_best_network_is_the_runs_model_and_training_stops_early_when_asked()
    {
        double[] figures = [5, 3, 4, 6, 2, 7, 1];
        int validations = 0;
        _cli.Model.FigureOf = () => figures[Math.Min(validations++, figures.Length - 1)];
        Assert.Equal(ExitCode.Ok, _cli.Train("--json", "--patience", "2"));
        JsonElement result = JsonDocument.Parse(_cli.Output).RootElement;
        Assert.Equal((400, 200), (result.GetProperty("steps").GetInt64(), result.GetProperty("best_step").GetInt64()));
        Assert.Contains("stopping early: 2 validations without a better figure than at step 200", _cli.Error, StringComparison.Ordinal);
        using Checkpoint model = Checkpoint.Open(_cli["model.safetensors"], _ => { });
        Assert.Equal(200, model.Step);

        // A run that has stopped early is finished.
        _cli.Model.BeforeStep = _ => throw new InvalidOperationException();
        Assert.Equal(ExitCode.Ok, _cli.Train("--resume", "--quiet"));

        // With more patience it goes on to the end.
        (_cli.Model.BeforeStep, validations) = (_ => { }, 4);
        Assert.Equal(ExitCode.Ok, _cli.Train("--resume", "--json", "--patience", "9"));
        result = JsonDocument.Parse(_cli.Output).RootElement;
        Assert.Equal((620, 620), (result.GetProperty("steps").GetInt64(), result.GetProperty("best_step").GetInt64()));
    }

    [Fact]
    public void A_dry_run_writes_nothing_and_finds_what_is_wrong()
    {
        Assert.Equal(ExitCode.Ok, _cli.Train("--dry-run"));
        Assert.StartsWith("fake: would train 3 parameters on numbers, from step 0 to 620, in ", _cli.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_cli.Folder["run"]));
        Assert.Equal(ExitCode.InputFile, _cli.Train("--dry-run", "--data", _cli.Folder["none"]));
        Assert.Equal(ExitCode.Resources, _cli.Train("--dry-run", "--size", "1000000000000"));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(99)]
    public void A_run_too_short_for_a_validation_has_a_model(int steps)
    {
        Assert.Equal(ExitCode.Ok, _cli.Train("--json", "--steps", $"{steps}"));
        Assert.Equal(steps, JsonDocument.Parse(_cli.Output).RootElement.GetProperty("best_step").GetInt32());
        using Checkpoint model = Checkpoint.Open(_cli["model.safetensors"], _ => { });
        Assert.Equal(steps, model.Step);
        Assert.False(File.Exists(_cli["best.safetensors"]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_its_best_network_a_run_still_ends_with_a_model(bool isDamaged)
    {
        // The first validation is the best; its network is lost while the run is interrupted.
        _cli.Model.FigureOf = () => 1;
        Interrupt(250);
        Lose("best.safetensors", isDamaged);
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--resume", "--json"));
        Assert.StartsWith($"autograd: warning: {_cli["best.safetensors"]}: expected the network of step 100, got ", _cli.Error, StringComparison.Ordinal);
        Assert.Contains("the last network is the run's model", _cli.Error, StringComparison.Ordinal);
        Assert.Equal(620, JsonDocument.Parse(_cli.Output).RootElement.GetProperty("best_step").GetInt64());
        using (Checkpoint model = Checkpoint.Open(_cli["model.safetensors"], _ => { }))
            Assert.Equal(620, model.Step);
        Assert.Equal(ExitCode.Ok, _cli.Invoke("sample", _cli.Folder["run"]));

        // And it is finished.
        _cli.Model.BeforeStep = _ => throw new InvalidOperationException();
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--resume"));
    }

    [Fact]
    public void The_model_of_a_shorter_run_stands_in_for_a_lost_best_network()
    {
        _cli.Model.FigureOf = () => 1;
        string expected = Uninterrupted();
        _cli.Run = "longer";
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--steps", "300"));
        File.Delete(_cli["best.safetensors"]);
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--resume", "--steps", "620"));
        Assert.Equal("", _cli.Error);
        Assert.Equal(expected, Files());
    }

    [Theory]
    [InlineData("result.json", false)]
    [InlineData("result.json", true)]
    [InlineData("model.safetensors", false)]
    [InlineData("model.safetensors", true)]
    public void What_a_finished_run_lost_is_written_again(string name, bool isDamaged)
    {
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--json"));
        JsonElement before = JsonDocument.Parse(_cli.Output).RootElement;
        string files = Files();
        Lose(name, isDamaged);
        _cli.Model.BeforeStep = _ => throw new InvalidOperationException();
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--resume", "--json"));
        Assert.Equal(isDamaged && name == "result.json", _cli.Error.Contains("warning: ", StringComparison.Ordinal));
        JsonElement after = JsonDocument.Parse(_cli.Output).RootElement;
        foreach (string key in (string[])["value", "figure", "steps", "best_step", "train_loss", "clipped_share"])
            Assert.Equal(before.GetProperty(key).ToString(), after.GetProperty(key).ToString());
        Assert.Equal(files, Files());
        Assert.Equal(_cli.Output.TrimEnd(), File.ReadAllText(_cli["result.json"]).TrimEnd());
    }

    [Fact]
    public void A_figure_at_the_end_that_was_interrupted_is_measured_when_the_run_goes_on()
    {
        string expected = Uninterrupted();
        int validations = 0;
        _cli.Run = "interrupted";
        _cli.Model.BeforeValidation = () =>
        {
            if (++validations == 8)
                _cli.Stopping.Request(ExitCode.Interrupted);
        };
        Assert.Equal(ExitCode.Interrupted, _cli.Train("--quiet"));
        Assert.False(File.Exists(_cli["result.json"]));
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--resume"));
        Assert.True(File.Exists(_cli["result.json"]));
        Assert.Equal(expected, Files());
    }

    [Fact]
    public void A_validation_that_is_no_number_stops_the_run()
    {
        int validations = 0;
        _cli.Model.FigureOf = () => ++validations == 3 ? double.NaN : 1;
        Assert.Equal(ExitCode.Numeric, _cli.Train("--quiet"));
        Assert.Equal("autograd: train fake: validation at step 300: expected a finite validation_loss, got NaN; the last checkpoint is kept; lower --learning-rate or --clip",
            _cli.Error.TrimEnd());
        // At the very end everything that was trained is there.
        (_cli.Run, validations) = ("end", -4);
        Assert.Equal(ExitCode.Numeric, _cli.Train("--quiet", "--steps", "600"));
        Assert.Contains("figure at the end: expected a finite validation_loss, got NaN", _cli.Error, StringComparison.Ordinal);
        using Checkpoint model = Checkpoint.Open(_cli["model.safetensors"], _ => { }), last = Checkpoint.Open(_cli["checkpoint.safetensors"], _ => { });
        Assert.Equal((100, 600), (model.Step, last.Step));
    }

    [Fact]
    public void The_best_network_is_the_one_that_was_trained_to_its_step()
    {
        double[] figures = [5, 3, 4, 6, 7, 7, 7];
        int validations = 0;
        _cli.Model.FigureOf = () => figures[Math.Min(validations++, figures.Length - 1)];
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet"));
        double[] best = State("model.safetensors");
        Assert.Equal(best, State("best.safetensors"));
        _cli.Run = "to step 200";
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--steps", "200"));
        Assert.Equal(State("checkpoint.safetensors"), best);

        double[] State(string name)
        {
            using Checkpoint checkpoint = Checkpoint.Open(_cli[name], _ => { });
            double[] state = new double[3];
            checkpoint.Read<double>("state", state);
            return state;
        }
    }

    [Fact]
    public void A_model_answers_and_is_checked()
    {
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--steps", "10"));
        Assert.Equal(ExitCode.Ok, _cli.Invoke("predict", _cli.Folder["run"], "one", "two"));
        Assert.Equal("one!\ntwo!\n", _cli.Output.ReplaceLineEndings("\n"));
        _cli.Input = new StringReader("three\n\nfour\n");
        Assert.Equal(ExitCode.Ok, _cli.Invoke("predict", _cli.Folder["run"]));
        Assert.Equal("three!\n\nfour!\n", _cli.Output.ReplaceLineEndings("\n"));
        _cli.Input = new StringReader("five\nnonsense\nsix\n");
        Assert.Equal(ExitCode.InputFile, _cli.Invoke("predict", _cli.Folder["run"]));
        Assert.Equal("five!\nsix!\n", _cli.Output.ReplaceLineEndings("\n"));
        Assert.Equal("autograd: predict: line 2: nonsense: expected sense, got none; ask again", _cli.Error.TrimEnd());
        Assert.Equal(ExitCode.Ok, _cli.Invoke("predict", _cli.Folder["run"]));
        Assert.Equal("", _cli.Output);
        Assert.Equal(ExitCode.Ok, _cli.Invoke("check", "fake"));
        Assert.StartsWith("Gradient check passed: 2 elements compared", _cli.Output, StringComparison.Ordinal);
        _cli.Model.Checked = x => x.Tanh() + x.Detach();
        Assert.Equal(ExitCode.Numeric, _cli.Invoke("check", "fake"));
        Assert.StartsWith("Gradient check failed", _cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_waits_for_a_question_can_be_stopped()
    {
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--steps", "10"));
        using ManualResetEventSlim end = new();
        _cli.Input = new WaitingReader(() =>
        {
            _cli.Stopping.Request(ExitCode.Interrupted);
            end.Wait(TimeSpan.FromMinutes(1)); // or the line, the last, is read and the command ends well
        });
        Assert.Equal(ExitCode.Interrupted, _cli.Invoke("predict", _cli.Folder["run"]));
        Assert.Equal(("", ""), (_cli.Output, _cli.Error));
        end.Set();
    }

    private sealed class WaitingReader(Action wait) : TextReader
    {
        public override string? ReadLine()
        {
            wait();
            return null;
        }
    }

    [Fact]
    public void Two_processes_do_not_train_in_one_folder()
    {
        _cli.Model.BeforeStep = step =>
        {
            if (step != 5)
                return;
            using var second = new StringWriter();
            int code = Autograd.Zoo.Commands.Cli.Run(
                ["train", "another", "--out", _cli.Folder["run"], "--quiet"], new(second, second, false, _cli.Stopping,
                    [new FakeModel { Name = "another" }], TextReader.Null));
            Assert.Equal(ExitCode.Disk, code);
        };
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--steps", "10"));
    }

    [Fact]
    public void The_folder_cannot_be_made()
    {
        File.WriteAllText(_cli.Folder["file"], "");
        _cli.Run = "file";
        Assert.Equal(ExitCode.Usage, _cli.Train());
        _cli.Run = "file/below";
        Assert.Equal(ExitCode.Disk, _cli.Train());
        Assert.DoesNotContain("   at ", _cli.Error, StringComparison.Ordinal);
    }

    /// <summary>A run that was asked to stop at a step.</summary>
    private void Interrupt(long at)
    {
        _cli.Model.BeforeStep = step =>
        {
            if (step == at)
                _cli.Stopping.Request(ExitCode.Interrupted);
        };
        Assert.Equal(ExitCode.Interrupted, _cli.Train("--quiet"));
        _cli.Model.BeforeStep = _ => { };
    }

    private void Lose(string name, bool isDamaged)
    {
        if (!isDamaged)
        {
            File.Delete(_cli[name]);
            return;
        }
        byte[] content = File.ReadAllBytes(_cli[name]);
        File.WriteAllBytes(_cli[name], content[..^5]);
    }

    private string Uninterrupted()
    {
        _cli.Run = "whole";
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet"));
        return Files();
    }

    /// <summary>The files of the run, but for the measured speed.</summary>
    private string Files() => string.Join('\n',
        File.ReadAllText(_cli["config.json"]),
        SpeedPattern().Replace(File.ReadAllText(_cli["metrics.jsonl"]), "second\":0}"),
        File.ReadAllText(_cli["samples.txt"]),
        Bytes("best.safetensors"), Bytes("model.safetensors"), Bytes("checkpoint.safetensors"));

    private string Bytes(string name) => File.Exists(_cli[name]) ? Convert.ToHexString(File.ReadAllBytes(_cli[name])) : "none";

    [GeneratedRegex("second\":[0-9.E+]+}")]
    private static partial Regex SpeedPattern();
}
