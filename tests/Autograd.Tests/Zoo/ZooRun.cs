using System.Text.Json;
using Autograd.Zoo;
using Autograd.Zoo.Commands;

namespace Autograd.Tests.Zoo;

/// <summary>The commands of the zoo, called as a user does, in this process.</summary>
internal static class ZooRun
{
    /// <summary>Runs a command line; returns its exit code and what it wrote.</summary>
    public static (int Code, string Output, string Error) Invoke(params string[] args)
    {
        using StringWriter output = new(), error = new();
        int code = Cli.Run(args, new(output, error, false, new(), ZooModels.All, TextReader.Null));
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>Trains a model; returns its JSON line.</summary>
    public static JsonElement Train(string model, string folder, params string[] options)
    {
        (int code, string output, string error) = Invoke(["train", model, "--quiet", "--json", "--out", folder, .. options]);
        Assert.True(code == 0, error);
        using JsonDocument line = JsonDocument.Parse(output.TrimEnd().Split('\n')[^1]);
        return line.RootElement.Clone();
    }

    /// <summary>The value of the figure of a model trained with these options.</summary>
    public static double Value(string model, string folder, params string[] options) => Train(model, folder, options).GetProperty("value").GetDouble();
}
