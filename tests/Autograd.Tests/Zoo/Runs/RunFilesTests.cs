using System.Text;
using Autograd.Zoo;
using Autograd.Zoo.Runs;

namespace Autograd.Tests.Zoo.Runs;

public sealed class RunFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", 5, "")]
    [InlineData("{\"step\":1}\n{\"step\":2}\n", 5, "{\"step\":1}\n{\"step\":2}\n")]
    [InlineData("{\"step\":1}\n{\"step\":2}\n{\"step\":2,\"split\":\"x\"}\n{\"step\":3}\n", 2,
        "{\"step\":1}\n{\"step\":2}\n{\"step\":2,\"split\":\"x\"}\n")]
    [InlineData("{\"step\":1}\n{\"step\":2}", 5, "{\"step\":1}\n")]
    [InlineData("{\"step\":1}\n{\"st", 5, "{\"step\":1}\n")]
    [InlineData("{\"step\":1}\nnonsense\n{\"step\":2}\n", 5, "{\"step\":1}\n")]
    [InlineData("{\"step\":1}\n[]\n", 5, "{\"step\":1}\n")]
    [InlineData("{\"step\":1}\n{\"step\":\"2\"}\n", 5, "{\"step\":1}\n")]
    [InlineData("{\"step\":1}\n{\"step\":1e99}\n", 5, "{\"step\":1}\n")]
    [InlineData("{\"step\":1}\n\n\n", 5, "{\"step\":1}\n")]
    [InlineData("{\"step\":1}\n", 0, "")]
    public void Metrics_are_cut_back(string content, long step, string expected)
    {
        Assert.Equal(expected + "new\n", Cut(content, path => StepLog.Metrics(path, step)));
    }

    [Theory]
    [InlineData("step 1\n  a\n  step 2\nstep 5\n  b\n", 4, "step 1\n  a\n  step 2\n")]
    [InlineData("step 1\n  a\n  \n  c\nstep 2\n  b\n", 4, "step 1\n  a\n  \n  c\nstep 2\n  b\n")]
    [InlineData("step 1\n  a\nstep 2\n  b", 4, "step 1\n  a\n")]
    [InlineData("step 1\n  a\nstep 2\n  b\n ", 4, "step 1\n  a\n")]
    [InlineData("step 1\n  a\nste", 4, "step 1\n  a\n")]
    [InlineData("  a\nstep 1\n  b\n", 4, "")]
    [InlineData("step -1\n", 4, "")]
    public void Samples_are_cut_back(string content, long step, string expected)
    {
        Assert.Equal(expected + "new\n", Cut(content, path => StepLog.Samples(path, step)));
    }

    [Fact]
    public void A_log_knows_what_it_kept()
    {
        File.WriteAllText(_folder["log"], "{\"step\":1,\"split\":\"train\"}\n{\"step\":2,\"split\":\"train\"}\n");
        using StepLog log = StepLog.Metrics(_folder["log"], 1);
        Assert.True(log.Has(1, "\"train\""));
        Assert.False(log.Has(1, "\"validation\""));
        Assert.False(log.Has(2, "\"train\""));
        File.WriteAllText(_folder["samples"], "step 1\n  whole\nstep 2\n  hal");
        using StepLog samples = StepLog.Samples(_folder["samples"], 1);
        Assert.True(samples.Has(1, "step"));
        Assert.False(samples.Has(2, "step"));
    }

    [Fact]
    public void A_configuration_comes_back()
    {
        var model = new FakeModel();
        Dictionary<string, object> given = new()
        {
            ["size"] = 7L,
            ["learning-rate"] = 0.1 + 0.2,
            ["data"] = "a \"b\" é.txt",
            ["cell"] = "gated",
        };
        byte[] content = RunConfig.Write("fake", new SettingValues(model.Settings, given));
        Assert.StartsWith("{\n  \"model\": \"fake\",\n  \"data\": \"a \\\"b\\\" é.txt\",\n", Encoding.UTF8.GetString(content),
            StringComparison.Ordinal);
        (IZooModel found, SettingValues settings) = RunConfig.Read(_folder.Write("config.json", content), [model]);
        Assert.Same(model, found);
        Assert.Equal(7, settings.Integer("size"));
        Assert.Equal(0.1 + 0.2, settings.Number("learning-rate"));
        Assert.Equal("a \"b\" é.txt", settings.Text("data"));
        Assert.Equal("gated", settings.Text("cell"));
        Assert.Equal(620, settings.Long("steps"));
        Assert.Equal(content, RunConfig.Write("fake", settings));
        // Without a value for what may have none.
        byte[] defaults = RunConfig.Write("fake", new SettingValues(model.Settings, new Dictionary<string, object>()));
        Assert.Null(RunConfig.Read(_folder.Write("config.json", defaults), [model]).Settings.Text("data"));
    }

    [Theory]
    [InlineData("", "line 1: expected valid JSON")]
    [InlineData("[]", "expected a JSON object, got Array")]
    [InlineData("{}", "model: expected a model's name, got none")]
    [InlineData("{\"model\":7}", "model: expected a model's name, got none")]
    [InlineData("{\"model\":\"fke\"}", "model: expected one of fake, got fke")]
    [InlineData("{\"model\":\"fake\",\n\"size\":7,\n\"size\":8}", "expected valid JSON, each key once")]
    [InlineData("{\"model\":\"fake\",\n\"size\":}", "line 2: expected valid JSON")]
    [InlineData("{\"model\":\"fake\",\"sise\":7}", "sise: expected a setting of fake, got an unknown key; did you mean size?")]
    [InlineData("{\"model\":\"fake\",\"qwertyuiop\":7}", "qwertyuiop: expected a setting of fake, got an unknown key; remove it")]
    [InlineData("{\"model\":\"fake\",\"learning-rate\":7}", "did you mean learning_rate?")]
    [InlineData("{\"model\":\"fake\",\"size\":0}", "size: expected a whole number from 1 to 1000000000000, got 0")]
    [InlineData("{\"model\":\"fake\",\"size\":\"3\"}", "size: expected a whole number from 1 to 1000000000000, got \"3\"")]
    [InlineData("{\"model\":\"fake\",\"size\":null}", "size: expected a whole number from 1 to 1000000000000, got null")]
    [InlineData("{\"model\":\"fake\",\"size\":1.5}", "size: expected a whole number from 1 to 1000000000000, got 1.5")]
    [InlineData("{\"model\":\"fake\",\"learning_rate\":1e999}", "learning_rate: expected a number above 0 to 10, got 1e999")]
    [InlineData("{\"model\":\"fake\",\"learning_rate\":\"NaN\"}", "learning_rate: expected a number above 0 to 10, got \"NaN\"")]
    [InlineData("{\"model\":\"fake\",\"cell\":\"lstm\"}", "cell: expected one of plain, gated, got \"lstm\"")]
    [InlineData("{\"model\":\"fake\",\"cell\":{\"a\":[[[[[[[[[[1]]]]]]]]]]}}", "expected valid JSON")]
    [InlineData("{\"model\":\"\\ud800\"}", "expected UTF-8 text, got a damaged file")]
    [InlineData("{\"model\":\"fake\",\"\\ud800\":1}", "expected UTF-8 text, got a damaged file")]
    [InlineData("{\"model\":\"fake\",\"a\\u001b[31m\":1}", "a\\u{1b}[31m: expected a setting of fake")]
    public void A_bad_configuration_is_refused(string content, string message)
    {
        string path = _folder.Write("config.json", Encoding.UTF8.GetBytes(content));
        Failure failure = Assert.Throws<Failure>(() => RunConfig.Read(path, [new FakeModel()]));
        Assert.Equal(ExitCode.Usage, failure.Code);
        Assert.StartsWith(path, failure.Message, StringComparison.Ordinal);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(failure.Message, char.IsControl);
    }

    [Fact]
    public void Configurations_of_random_bytes_are_refused()
    {
        byte[] valid = RunConfig.Write("fake", new SettingValues(new FakeModel().Settings, new Dictionary<string, object>()));
        var random = new Random(37);
        for (int round = 0; round < 2_000; round++)
        {
            byte[] content = [.. valid];
            for (int edit = random.Next(1, 4); edit > 0; edit--)
                content[random.Next(content.Length)] = (byte)random.Next(256);
            string path = _folder.Write("config.json", content);
            Exception? error = Record.Exception(() => RunConfig.Read(path, [new FakeModel()]));
            Assert.True(error is null or Failure { Code: ExitCode.Usage }, error?.ToString());
        }
    }

    [Fact]
    public void A_checkpoint_comes_back_and_any_changed_byte_is_noticed()
    {
        float[] weights = [1, 2, 3, 4, 5, 6];
        Save(writer =>
        {
            writer.AddMetadata("step", "7");
            writer.AddMetadata("rate", "0.1");
            writer.Add<float>("w", [2, 3], weights);
            writer.Add<float>("empty", [0], Array.Empty<float>());
        });
        using (Checkpoint checkpoint = Checkpoint.Open(_folder["c"], _ => Assert.Fail("no warning")))
        {
            Assert.Equal(7, checkpoint.Step);
            Assert.Equal(0.1, checkpoint.Number("rate"));
            checkpoint.Require([("w", "F32", [2, 3]), ("empty", "F32", [0])]);
            float[] read = new float[6];
            checkpoint.Read<float>("w", read);
            Assert.Equal(weights, read);
            Assert.Contains("metadata 'x': expected a value, got none", Assert.Throws<Failure>(() => checkpoint.Text("x")).Message,
                StringComparison.Ordinal);
            Assert.Contains("a whole number, got 0.1", Assert.Throws<Failure>(() => checkpoint.Long("rate")).Message,
                StringComparison.Ordinal);
            Assert.Contains("6 elements of F64, got F32 [2, 3]", Assert.Throws<Failure>(() => checkpoint.Read<double>("w",
                new double[6])).Message, StringComparison.Ordinal);
        }
        byte[] content = File.ReadAllBytes(_folder["c"]);
        int headerEnd = content.Length - 24;
        for (int i = 0; i < content.Length; i++)
        {
            // A blank behind the header's end means nothing.
            if (i < headerEnd && content[i] == ' ')
                continue;
            byte[] changed = [.. content];
            changed[i] ^= 0x11;
            string path = _folder.Write("changed", changed);
            Assert.Throws<SafetensorsException>(() => Checkpoint.Open(path, _ => { }));
        }
    }

    [Fact]
    public void All_tensors_that_differ_are_listed()
    {
        Save(writer =>
        {
            writer.Add<float>("same", [1], new float[1]);
            writer.Add<float>("shape", [2, 3], new float[6]);
            writer.Add<double>("type", [1], new double[1]);
            writer.Add<float>("extra", [1], new float[1]);
        });
        using Checkpoint checkpoint = Checkpoint.Open(_folder["c"], _ => { });
        Failure failure = Assert.Throws<Failure>(
            () => checkpoint.Require([("same", "F32", [1]), ("shape", "F32", [3, 2]), ("type", "F32", [1]), ("missing", "F32", [1])]));
        Assert.Equal(ExitCode.InputFile, failure.Code);
        Assert.Contains(
            "expected the 4 tensors of this model, got shape F32 [2, 3] in place of F32 [3, 2], "
                + "type F64 [1] in place of F32 [1], no missing, the unknown extra;",
            failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_that_are_not_finite_are_loaded_with_a_warning()
    {
        Save(writer => writer.Add<float>("w", [2], new float[] { 1, float.NaN }));
        List<string> warnings = [];
        using Checkpoint checkpoint = Checkpoint.Open(_folder["c"], warnings.Add);
        float[] read = new float[2];
        checkpoint.Read<float>("w", read);
        Assert.Equal([1, float.NaN], read);
        Assert.Equal([$"{_folder["c"]}: w has values that are not finite"], warnings);
    }

    private void Save(Action<SafetensorsWriter> write) => Checkpoint.Save(_folder["c"], _folder["p"], write);

    private string Cut(string content, Func<string, StepLog> open)
    {
        string path = _folder.Write("log", Encoding.UTF8.GetBytes(content));
        using (StepLog log = open(path))
            log.Append("new\n");
        return File.ReadAllText(path);
    }
}
