using Autograd.Zoo;
using Autograd.Zoo.Commands;
using Autograd.Zoo.Runs;

namespace Autograd.Tests.Zoo.Commands;

/// <summary>Command lines that are refused: the line on standard error, and the exit code.</summary>
public sealed class CliErrorTests : IDisposable
{
    private readonly CliRunner _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public void Two_models_of_one_name_are_refused_as_after_copying_a_folder()
    {
        using StringWriter output = new(), error = new();
        using Stopping stopping = new();
        Assert.Equal(ExitCode.InternalError, Cli.Run(["list"], new(output, error, false, stopping, [new FakeModel(), new FakeModel()], TextReader.Null)));
        Assert.Equal("autograd: the zoo: expected models with a name each, got two named fake; give the copy a Name of its own", error.ToString().TrimEnd());
    }

    [Fact]
    public void A_folder_that_another_process_trains_in_is_refused()
    {
        using IDisposable other = new RunFolder(_cli.Folder["run"]).Lock();
        Assert.Equal(ExitCode.Disk, _cli.Invoke("train", "fake", "--out", _cli.Folder["run"]));
        Assert.Contains("expected a folder that no other process trains in, got one in use", _cli.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "command line: expected one of train, evaluate, sample, predict, report, check, list, got none; see --help")]
    [InlineData("tran", "command line: expected one of train, evaluate, sample, predict, report, check, list, got 'tran'; did you mean train?")]
    [InlineData("unknown", "command line: expected one of train, evaluate, sample, predict, report, check, list, got 'unknown'; see --help")]
    [InlineData("--unknown", "--unknown: expected an option of this command, got an unknown option; see --help")]
    [InlineData("train", "train: command line: expected one of another, fake, got none; see --help")]
    [InlineData("train fak", "train: command line: expected one of another, fake, got 'fak'; did you mean fake?")]
    [InlineData("train fake more", "train fake: command line: expected no further argument, got 'more'; see --help")]
    [InlineData("train fake --hiden 3", "train fake: --hiden: expected an option of this command, got an unknown option; see --help")]
    [InlineData(
        "train fake --sizes 3",
        "train fake: --sizes: expected an option of this command, got an unknown option; did you mean --size?")]
    [InlineData("train fake --size", "train fake: --size: expected one value, got none; see --help")]
    [InlineData("train fake --size 3 --size 4", "train fake: --size: expected one value, got 2 values; see --help")]
    [InlineData("train fake --size 0", "train fake: --size: expected a whole number from 1 to 1000000000000, got '0'; see --help")]
    [InlineData("train fake --size -3", "train fake: --size: expected a whole number from 1 to 1000000000000, got '-3'; see --help")]
    [InlineData("train fake --size 3.5", "train fake: --size: expected a whole number from 1 to 1000000000000, got '3.5'; see --help")]
    [InlineData("train fake --size 1e3", "train fake: --size: expected a whole number from 1 to 1000000000000, got '1e3'; see --help")]
    [InlineData("train fake --size 1,000", "train fake: --size: expected a whole number from 1 to 1000000000000, got '1,000'; see --help")]
    [InlineData("train fake --size 0x10", "train fake: --size: expected a whole number from 1 to 1000000000000, got '0x10'; see --help")]
    [InlineData("train fake --size 99999999999999999999", "got '99999999999999999999'; see --help")]
    [InlineData("train fake --size NaN", "got 'NaN'; see --help")]
    [InlineData("train fake --size=", "train fake: --size: expected")]
    [InlineData("train fake --cell lsmt", "train fake: --cell: expected one of plain, gated, got 'lsmt'; see --help")]
    [InlineData("train fake --cell PLAIN", "train fake: --cell: expected one of plain, gated, got 'PLAIN'; see --help")]
    [InlineData("train fake --learning-rate NaN", "train fake: --learning-rate: expected a number above 0 to 10, got 'NaN'; see --help")]
    [InlineData("train fake --learning-rate 0", "train fake: --learning-rate: expected a number above 0 to 10, got '0'; see --help")]
    [InlineData("train fake --learning-rate -1", "train fake: --learning-rate: expected a number above 0 to 10, got '-1'; see --help")]
    [InlineData(
        "train fake --learning-rate Infinity",
        "train fake: --learning-rate: expected a number above 0 to 10, got 'Infinity'; see --help")]
    [InlineData("train fake --learning-rate 1e999", "got '1e999'; see --help")]
    [InlineData("train fake --learning-rate 0,01", "got '0,01'; see --help")]
    [InlineData("train fake --learning-rate fast", "got 'fast'; see --help")]
    [InlineData("train fake --decay 1", "train fake: --decay: expected a number from 0 and below 1, got '1'; see --help")]
    [InlineData("train fake --decay -0.1", "train fake: --decay: expected a number from 0 and below 1, got '-0.1'; see --help")]
    [InlineData("train fake --steps 0", "train fake: --steps: expected a whole number from 1 to 1000000, got '0'; see --help")]
    [InlineData("train fake --seed -1", "train fake: --seed: expected a whole number from 0 to 9223372036854775807, got '-1'; see --help")]
    [InlineData("train fake --threads 0", "train fake: --threads: expected a whole number from 1 to 1024, got '0'; see --help")]
    [InlineData("train fake --threads many", "train fake: --threads: expected a whole number from 1 to 1024, got 'many'; see --help")]
    [InlineData("train fake --quiet --json --resume --what",
        "train fake: --what: expected an option of this command, got an unknown option; see --help")]
    [InlineData("train fake --out", "train fake: --out: expected one value, got none; see --help")]
    [InlineData("sample", "sample: RUN_FOLDER: expected one value, got none; see --help")]
    [InlineData("sample a b", "sample: command line: expected no further argument, got 'b'; see --help")]
    [InlineData(
        "sample a --lenght 3",
        "sample: --lenght: expected an option of this command, got an unknown option; did you mean --length?")]
    [InlineData(
        "sample --lenght 3 a",
        "sample: --lenght: expected an option of this command, got an unknown option; did you mean --length?")]
    [InlineData("sample --lenght", "sample: --lenght: expected an option of this command, got an unknown option; did you mean --length?")]
    [InlineData("sample a --length -1", "sample: --length: expected a whole number from 0 to 100000000, got '-1'; see --help")]
    [InlineData("sample a --temperature -1", "sample: --temperature: expected a number from 0 to 100, got '-1'; see --help")]
    [InlineData("sample a --temperature NaN", "sample: --temperature: expected a number from 0 to 100, got 'NaN'; see --help")]
    [InlineData("sample a --top-k -1", "sample: --top-k: expected a whole number from 0 to 2147483647, got '-1'; see --help")]
    [InlineData("sample a --top-p 0", "sample: --top-p: expected a number above 0 to 1, got '0'; see --help")]
    [InlineData("sample a --top-p 1.1", "sample: --top-p: expected a number above 0 to 1, got '1.1'; see --help")]
    [InlineData("sample a --seed x", "sample: --seed: expected a whole number from 0 to 9223372036854775807, got 'x'; see --help")]
    [InlineData("evaluate", "evaluate: RUN_FOLDER: expected one value, got none; see --help")]
    [InlineData("evaluate a --data", "evaluate: --data: expected one value, got none; see --help")]
    [InlineData("evaluate a b", "evaluate: command line: expected no further argument, got 'b'; see --help")]
    [InlineData("evaluate a --jsn", "evaluate: --jsn: expected an option of this command, got an unknown option; did you mean --json?")]
    [InlineData("predict", "predict: RUN_FOLDER: expected one value, got none; see --help")]
    [InlineData("predict --what", "predict: --what: expected an option of this command, got an unknown option; see --help")]
    [InlineData("report", "report: RUN_FOLDER: expected one value, got none; see --help")]
    [InlineData("report a b", "report: command line: expected no further argument, got 'b'; see --help")]
    [InlineData("report a --open", "report: --open: expected an option of this command, got an unknown option; see --help")]
    [InlineData("check", "check: command line: expected one of another, fake, got none; see --help")]
    [InlineData("check fak", "check: command line: expected one of another, fake, got 'fak'; did you mean fake?")]
    [InlineData("check fake more", "check fake: command line: expected no further argument, got 'more'; see --help")]
    [InlineData("train fake --patience -1", "train fake: --patience: expected a whole number from 0 to 1000, got '-1'; see --help")]
    [InlineData("list more", "list: command line: expected no further argument, got 'more'; see --help")]
    [InlineData("@response", "command line: expected one of train, evaluate, sample, predict, report, check, list, got '@response'; see --help")]
    [InlineData("[diagram] list", "list: command line: expected no further argument, got '[diagram]'; see --help")]
    public void Usage(string line, string message) =>
        Refused(ExitCode.Usage, message, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    [Fact]
    public void Input_files()
    {
        string missing = _cli.Folder["missing"];
        Refused(ExitCode.InputFile, $"train fake: {missing}: expected a text file, got no file of that name; check the path",
            "train", "fake", "--data", missing, "--out", missing + "2");
        Assert.False(Directory.Exists(missing + "2"));
        foreach (string command in (string[])["sample", "evaluate", "predict", "report"])
        {
            Refused(ExitCode.InputFile, $"{command}: {missing}: expected the folder of a run, got no such folder; "
                + "name the folder given as --out to train", command, missing);
            Refused(ExitCode.InputFile, $"expected the configuration of a run, got no such file; name the folder of a run", command,
                _cli.Folder.Path);
        }
        Assert.Equal(ExitCode.Ok, _cli.Train("--steps", "1", "--quiet"));
        File.Delete(_cli["checkpoint.safetensors"]);
        File.Delete(_cli["model.safetensors"]);
        foreach (string command in (string[])["sample", "evaluate", "predict", "report"])
        {
            Refused(ExitCode.InputFile, $"{command}: {_cli.Folder["run"]}: expected the folder of a run, got no checkpoint; "
                + "name the folder of a run, or train one", command, _cli.Folder["run"]);
        }
        Refused(ExitCode.InputFile, "U+", "sample", "a\u001b[31m\nautograd: forged", code => code.Replace("\\u{1b}", "U+",
            StringComparison.Ordinal));
    }

    [Fact]
    public void Resources() => Refused(ExitCode.Resources, "train fake: --size: expected at most ", "train", "fake", "--size",
        "1000000000000");

    [Fact]
    public void Numeric()
    {
        _cli.Model.LossOf = _ => double.NaN;
        Refused(ExitCode.Numeric, "train fake: step 1: expected a finite loss, got NaN; lower --learning-rate or --clip",
            "train", "fake", "--quiet", "--out", _cli.Folder["run"]);
    }

    [Theory]
    [InlineData("There is not enough space on the device")]
    [InlineData("Input/output error")]
    public void Disk(string reason)
    {
        _cli.Model.BeforeStep = _ => throw new IOException(reason);
        Refused(ExitCode.Disk, $"train fake: files: expected to read and write them, got {reason}; "
            + "check the disk's space and the permissions",
            "train", "fake", "--quiet", "--out", _cli.Folder["run"]);
    }

    [Fact]
    public void Errors_of_the_engine_have_codes()
    {
        foreach ((Exception error, int code) in ((Exception, int)[])[
            (new OutOfMemoryException(), ExitCode.Resources), (new UnauthorizedAccessException(), ExitCode.Disk),
            (new SafetensorsException("x", 1, "bad"), ExitCode.InputFile), (new ArgumentException("x"), ExitCode.InternalError),
            (new OperationCanceledException(), ExitCode.InternalError)])
        {
            _cli.Model.BeforeStep = _ => throw error;
            Refused(code, "train fake: ", "train", "fake", "--quiet", "--out", _cli.Folder["run"]);
        }
    }

    [Fact]
    public void Debug_shows_where_an_error_comes_from()
    {
        Assert.Equal(ExitCode.Usage, _cli.Invoke("train", "fake", "--size", "0", "--debug"));
        Assert.Contains("   at Autograd.Zoo.", _cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_is_no_error()
    {
        foreach (string line in (string[])["--help", "train --help", "train fake --help", "sample -h", "evaluate -?", "predict -h", "report --help", "check --help", "check fake --help", "list --help", "--version"])
        {
            Assert.Equal(ExitCode.Ok, _cli.Invoke(line.Split(' ')));
            Assert.Equal("", _cli.Error);
            Assert.NotEqual("", _cli.Output);
        }
        _cli.Invoke("train", "fake", "--help");
        Assert.Contains("--learning-rate", _cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_command_lines_never_show_a_stack_trace()
    {
        var random = new Random(31);
        string[] words = ["train", "fake", "sample", "evaluate", "predict", "report", "check", "list", "--size", "--json", "--out", "-1", "@x", "[y]", "--", "", " ",
            "\0", "é", "=", "--size=", "--help", "/", "--resume", "-", "\n", "ı", "--data"];
        string[] folder = ["--out", _cli.Folder["fuzz"], "--steps", "1"];
        for (int round = 0; round < 2_000; round++)
        {
            string[] args = [.. Enumerable.Range(0, random.Next(6)).Select(_ => words[random.Next(words.Length)])];
            // A run of its own folder, where a word does not say otherwise.
            if (args is ["train", "fake", ..] && !args.Contains("--out"))
                args = [.. args, .. folder];
            else if (args.Contains("train") && args.Contains("fake"))
                continue;
            int code = _cli.Invoke(args);
            Assert.True(code is ExitCode.Ok or ExitCode.Usage or ExitCode.InputFile, $"{code}: {string.Join('|', args)}: {_cli.Error}");
            if (code != ExitCode.Ok)
                Assert.Single(_cli.Error.TrimEnd().Split('\n'));
        }
    }

    private void Refused(int code, string message, params string[] args) => Refused(code, message, args, error => error);

    private void Refused(int code, string message, string command, string argument, Func<string, string> edit) =>
        Refused(code, message, [command, argument], edit);

    private void Refused(int code, string message, string[] args, Func<string, string> edit)
    {
        int found = _cli.Invoke(args);
        Assert.True(code == found, $"{found}: {_cli.Error}");
        Assert.Equal("", _cli.Output);
        string error = _cli.Error.TrimEnd();
        Assert.StartsWith("autograd: ", error, StringComparison.Ordinal);
        Assert.Contains(message, edit(error), StringComparison.Ordinal);
        Assert.DoesNotContain(error, char.IsControl);
        if (message.Contains("; ", StringComparison.Ordinal) && code == ExitCode.Usage)
            Assert.EndsWith(message, error, StringComparison.Ordinal);
    }
}
