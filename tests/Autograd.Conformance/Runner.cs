namespace Autograd.Conformance;

/// <summary>Runs every kept case, prints what fails, a table by op, and the count.</summary>
internal static class Runner
{
    public static int Run(string[] args, TextWriter output, TextWriter errors)
    {
        Options options;
        try
        {
            options = Options.Parse(args);
        }
        catch (ArgumentException exception)
        {
            errors.WriteLine($"{exception.Message}; {Options.Usage}");
            return 2;
        }

        SortedDictionary<string, (int Passed, int Failed)> table = new(StringComparer.Ordinal);
        foreach (Entry entry in options.Folders.SelectMany(CaseFiles.Read).Where(options.Keeps))
        {
            string? problem = entry.Case is null ? entry.Problem : Judge.Problem(entry.Case);
            if (problem is not null) output.WriteLine($"{entry.Name}: {problem.ReplaceLineEndings(" ")}");
            (int passed, int failed) = table.GetValueOrDefault(entry.Op);
            table[entry.Op] = problem is null ? (passed + 1, failed) : (passed, failed + 1);
        }

        int width = table.Keys.Select(static op => op.Length).Append(2).Max();
        output.WriteLine($"{"op".PadRight(width)}  passed  failed");
        foreach ((string op, (int passed, int failed)) in table) output.WriteLine($"{op.PadRight(width)}  {passed,6}  {failed,6}");
        int allPassed = table.Values.Sum(static counts => counts.Passed), allFailed = table.Values.Sum(static counts => counts.Failed);
        output.WriteLine($"{allPassed} passed, {allFailed} failed");
        return allPassed > 0 && allFailed == 0 ? 0 : 1;
    }
}
