namespace Autograd.Conformance;

/// <summary>The command line.</summary>
internal sealed class Options
{
    public const string Usage = "usage: DIR [DIR...] [--filter TEXT]";

    public List<string> Folders { get; } = [];

    public string Filter { get; private set; } = string.Empty;

    /// <exception cref="ArgumentException">The arguments make no sense; the message says why.</exception>
    public static Options Parse(string[] args)
    {
        Options options = new();
        for (int i = 0; i < args.Length; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal))
            {
                options.Folders.Add(args[i]);
                continue;
            }

            if (args[i] != "--filter") throw new ArgumentException($"unknown option {args[i]}");
            if (++i == args.Length) throw new ArgumentException("--filter wants a value");
            options.Filter = args[i];
        }

        if (options.Folders.Count == 0) throw new ArgumentException("no folder of case files was given");
        return options;
    }

    public bool Keeps(Entry entry) => entry.Op == "(unreadable)" || entry.Name.Contains(Filter, StringComparison.Ordinal);
}
