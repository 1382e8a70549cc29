using System.Text;
using Autograd.Zoo;
using Autograd.Zoo.Names;

namespace Autograd.Tests.Zoo.Names;

/// <summary>Names, letter by letter.</summary>
public sealed class NamesTests
{
    /// <summary>With equal chances a letter costs ln 21 = 3.04; by how often each comes 2.7.</summary>
    [Theory]
    [InlineData("gru", 2.25)]
    [InlineData("lstm", 2.35)]
    [InlineData("rnn", 2.35)]
    public void AShortRunLearns(string cell, double most)
    {
        using TempFolder folder = new();
        Assert.InRange(ZooRun.Value("names", folder["run"], "--cell", cell, "--steps", "250", "--hidden", "48"), 1.5, most);
        (int code, string names, string error) = ZooRun.Invoke("sample", folder["run"], "--seed", "3");
        Assert.True(code == 0, error);
        string[] made = names.Split((char[])['\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(20, made.Distinct().Count());
        Assert.Empty(made.Intersect(NamesData.Generated().Train));
        Assert.Equal(names, ZooRun.Invoke("sample", folder["run"], "--seed", "3").Output);
        Assert.NotEqual(names, ZooRun.Invoke("sample", folder["run"], "--seed", "4").Output);
        names = ZooRun.Invoke("sample", folder["run"], "--prompt", "sha", "--top-k", "5").Output;
        made = names.Split((char[])['\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        Assert.InRange(made.Length, 3, 20);
        Assert.All(made, static name => Assert.StartsWith("sha", name, StringComparison.Ordinal));
        Assert.Single(ZooRun.Invoke("sample", folder["run"], "--temperature", "0").Output.Split((char[])['\r', '\n'], StringSplitOptions.RemoveEmptyEntries)); // one name, or that it is known
        Assert.Contains("letters that the model learned, got 'ÿ'", ZooRun.Invoke("sample", folder["run"], "--prompt", "aÿ").Error, StringComparison.Ordinal);
        (code, names, error) = ZooRun.Invoke("sample", folder["run"], "--length", "50");
        Assert.Equal((ExitCode.Usage, ""), (code, names));
        Assert.Contains("--length: expected --prompt, --temperature, --top-k, --top-p, --seed, which names heeds, got --length; leave it out", error, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryTenthLineJudges()
    {
        using TempFolder folder = new();
        string file = folder.Write("names.txt", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 45).Select(static i => $"n{(char)('a' + (i % 26))}{i / 26}é\n"))));
        NamesData data = NamesData.Read(file);
        Assert.Equal(["nj0é", "nt0é", "nd1é", "nn1é"], data.Test);
        Assert.Equal(45, data.Train.Length + data.Validation.Length + data.Test.Length);
        Assert.Empty(data.Train.Intersect(data.Validation).Concat(data.Train.Intersect(data.Test)));
        Assert.Equal([".", "0", "1"], data.Letters.Take(3));
        Assert.True(data.Letters.Contains("é"));
    }

    [Theory]
    [InlineData("anna\n\nbert\n", "line 2", "an empty line")]
    [InlineData("anna\nbe.rt\n", "line 2", "'be.rt'")]
    [InlineData("anna\nbert\n", "names.txt", "at least 10 names")]
    [InlineData("", "names.txt", "names, one a line")]
    public void WhatIsNoListOfNamesIsRefused(string text, string where, string what)
    {
        using TempFolder folder = new();
        string file = folder.Write("names.txt", Encoding.UTF8.GetBytes(text));
        Failure refused = Assert.Throws<Failure>(() => NamesData.Read(file));
        Assert.Contains(where, refused.Message, StringComparison.Ordinal);
        Assert.Contains(what, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OtherNamesAreMeasuredIfTheirLettersAreKnown()
    {
        using TempFolder folder = new();
        ZooRun.Train("names", folder["run"], "--steps", "10", "--hidden", "8");
        string known = folder.Write("known.txt", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("balina\n", 20))));
        string unknown = folder.Write("unknown.txt", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("balÿna\n", 20))));
        (int code, string output, string error) = ZooRun.Invoke("evaluate", folder["run"], "--data", known, "--json");
        Assert.True(code == 0, error);
        Assert.Contains("\"tokens\":14,", output, StringComparison.Ordinal);
        (code, _, error) = ZooRun.Invoke("evaluate", folder["run"], "--data", unknown);
        Assert.Equal(ExitCode.InputFile, code);
        Assert.Contains("letters that the model learned, got 'ÿ'", error, StringComparison.Ordinal);
    }
}
