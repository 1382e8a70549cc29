using System.Text.Json;
using System.Text.RegularExpressions;
using Autograd.Zoo;

namespace Autograd.Tests.Zoo.Runs;

/// <summary>What holds for every model of the zoo, and the commands on the two quickest.</summary>
public sealed partial class ZooModelsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public static TheoryData<string> Names => [.. ZooModels.All.Select(model => model.Name)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradients_of_every_model_are_right(string name)
    {
        (int code, string output, string error) = ZooRun.Invoke("check", name);
        Assert.True(code == ExitCode.Ok, output + error);
        Match said = Compared().Match(output);
        Assert.True(int.Parse(said.Groups[1].Value) > 20, output);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_model_says_what_it_is(string name)
    {
        IZooModel model = ZooModels.All.Single(model => model.Name == name);
        Assert.Matches("^[a-z0-9-]+$", model.Name);
        Assert.InRange(model.Description.Length, 20, 160);
        Assert.EndsWith(".", model.Description, StringComparison.Ordinal);
        Assert.NotEmpty(model.Cells);
        Assert.Equal(model.Settings.Count, model.Settings.Select(setting => setting.Name).Distinct().Count());
        Assert.All(model.Settings, setting => Assert.True(setting.Default is null || setting.Parse(Autograd.Zoo.Runs.Setting.Format(setting.Default)) is not null, setting.Name));
        Assert.Contains(model.Settings, setting => setting.Name == "seed");
        (int code, string help, _) = ZooRun.Invoke("train", name, "--help");
        Assert.Equal(ExitCode.Ok, code);
        Assert.All(model.Settings, setting => Assert.Contains(setting.Option, help, StringComparison.Ordinal));
    }

    [Fact]
    public void The_list_has_every_model_and_an_index_by_cell()
    {
        (int code, string output, _) = ZooRun.Invoke("list");
        Assert.Equal(ExitCode.Ok, code);
        string[] parts = output.ReplaceLineEndings("\n").Split("\n\n");
        Assert.Equal(ZooModels.All.Select(model => $"{model.Name,-16}{model.Description}"), parts[0].Split('\n'));
        Dictionary<string, string[]> index = parts[1].Split('\n', StringSplitOptions.RemoveEmptyEntries).ToDictionary(line => line[..16].TrimEnd(), line => line[16..].Split(", "));
        Assert.Equal(index.Keys.Order(StringComparer.Ordinal), index.Keys);
        foreach (IZooModel model in ZooModels.All)
            Assert.Equal(model.Cells.Order(StringComparer.Ordinal), index.Where(entry => entry.Value.Contains(model.Name)).Select(entry => entry.Key));
        Assert.Contains("hello", index["gru"]);
        Assert.DoesNotContain("digits", index["gru"]);
    }

    [Fact]
    public void A_run_is_trained_measured_and_reported()
    {
        JsonElement result = ZooRun.Train("hello", _folder["run"], "--steps", "60");
        foreach (string key in (string[])["model", "data", "metric", "value", "expected", "steps", "parameters", "seconds", "peak_memory_bytes"])
            Assert.True(result.TryGetProperty(key, out _), key);
        Assert.False(result.TryGetProperty("validation_loss", out _));
        Assert.Equal(("hello", "accuracy", 60), (result.GetProperty("model").GetString(), result.GetProperty("metric").GetString(), result.GetProperty("steps").GetInt32()));
        Assert.InRange(result.GetProperty("value").GetDouble(), 0, 1);
        Assert.True(result.GetProperty("peak_memory_bytes").GetInt64() > 1 << 20);

        (int code, string output, string error) = ZooRun.Invoke("evaluate", _folder["run"], "--json");
        Assert.True(code == ExitCode.Ok, error);
        JsonElement again = JsonDocument.Parse(output).RootElement;
        foreach (string key in (string[])["model", "data", "metric", "value", "expected", "parameters"])
            Assert.Equal(result.GetProperty(key).ToString(), again.GetProperty(key).ToString());
        Assert.Equal(result.GetProperty("best_step").GetInt64(), again.GetProperty("steps").GetInt64());
        Assert.InRange(again.GetProperty("seconds").GetDouble(), 0, 60);
        Assert.True(again.GetProperty("peak_memory_bytes").GetInt64() > 1 << 20);

        (code, output, error) = ZooRun.Invoke("evaluate", _folder["run"], "--data", "x");
        Assert.Equal((ExitCode.Usage, ""), (code, output));
        Assert.Equal("autograd: evaluate: --data: expected no other data for a model that makes its own, got 'x'; leave it out for hello", error.TrimEnd());
        (code, output, error) = ZooRun.Invoke("predict", _folder["run"], "h");
        Assert.Equal((ExitCode.Usage, ""), (code, output));
        Assert.Equal($"autograd: predict: {_folder["run"]}: expected a model that answers, got hello, which makes something up; use sample", error.TrimEnd());
        Assert.Equal((code, output, error), ZooRun.Invoke("predict", _folder["run"]));
        Assert.Contains("--seed: expected no option, as hello heeds none, got --seed; leave it out", ZooRun.Invoke("sample", _folder["run"], "--seed", "2").Error, StringComparison.Ordinal);
        (code, output, _) = ZooRun.Invoke("sample", _folder["run"]);
        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains("lstm", output, StringComparison.Ordinal);
        (code, _, error) = ZooRun.Invoke("report", _folder["run"]);
        Assert.True(code == ExitCode.Ok, error);
    }

    [Theory]
    [InlineData("memory", "--schedule", "constant", "--time", "9", "--hidden", "4", "--batch", "3", "--accumulate", "2")]
    [InlineData("memory", "--schedule", "constant", "--time", "9", "--hidden", "4", "--batch", "3", "--task", "copy", "--cell", "lstm")]
    [InlineData("hello", "--hidden", "3")]
    public void A_run_in_parts_ends_with_the_bytes_of_a_whole_one(params string[] model)
    {
        ZooRun.Train(model[0], _folder["whole"], [.. model[1..], "--steps", "230"]);
        ZooRun.Train(model[0], _folder["parts"], [.. model[1..], "--steps", "3"]);
        ZooRun.Train(model[0], _folder["parts"], "--resume", "--steps", "121", "--threads", "2");
        ZooRun.Train(model[0], _folder["parts"], "--resume", "--steps", "230", "--threads", "1");
        foreach (string name in (string[])["checkpoint.safetensors", "best.safetensors", "model.safetensors", "samples.txt"])
            Assert.Equal(File.ReadAllBytes(Path.Combine(_folder["whole"], name)), File.ReadAllBytes(Path.Combine(_folder["parts"], name)));
        Assert.Equal(Metrics("whole"), Metrics("parts"));

        string Metrics(string run) => Speed().Replace(File.ReadAllText(Path.Combine(_folder[run], "metrics.jsonl")), "");
    }

    [Theory]
    [InlineData(ExitCode.Resources, "train memory --hidden 1000000 --time 100000 --dry-run")]
    [InlineData(ExitCode.Usage, "train memory --cell none --dry-run")]
    [InlineData(ExitCode.InputFile, "train digits --data /nowhere/at/all --dry-run")]
    [InlineData(ExitCode.InputFile, "train sentiment --data /nowhere/at/all --dry-run")]
    [InlineData(ExitCode.InputFile, "train char-lm --data /nowhere/at/all --dry-run")]
    [InlineData(ExitCode.Ok, "train memory --dry-run")]
    [InlineData(ExitCode.Ok, "train hello --dry-run --resume")]
    public void A_dry_run_finds_what_is_wrong_and_writes_nothing(int expected, string line)
    {
        (int code, string output, string error) = ZooRun.Invoke([.. line.Split(' '), "--out", _folder["run"]]);
        Assert.True(code == expected, error);
        Assert.Equal(expected == ExitCode.Ok, output.Contains("would train", StringComparison.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [GeneratedRegex("^Gradient check passed: ([0-9]+) elements compared")]
    private static partial Regex Compared();

    [GeneratedRegex(",\"units_per_second\":[0-9.E+]+")]
    private static partial Regex Speed();
}
