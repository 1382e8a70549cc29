using System.CommandLine;
using Autograd.Benchmarks;

// `steps` is the harness that compare.py runs against other systems; `kernels` is BenchmarkDotNet; `roofline` and `growth` are for
// docs/performance.md; `guard` runs with every check and finds kernels that became slower.
Argument<FileInfo> configs = new("configs") { Description = "The file that names the work, configs.json." };
Option<string> filter = new("--filter") { Description = "Keep what has this text in its name.", DefaultValueFactory = _ => string.Empty };
Option<int> repeat = new("--repeat") { Description = "Timed runs, of which the median is printed.", DefaultValueFactory = _ => 9 };
Option<int> threads = new("--threads") { Description = "Threads to use.", DefaultValueFactory = _ => Environment.ProcessorCount };
Option<int[]> threadCounts = new("--threads")
{
    Description = "Numbers of threads to use.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => [.. new[] { 1, Environment.ProcessorCount }.Distinct()],
};

Command steps = new("steps", "Time whole training steps and operators, one JSON object a line.") { configs, filter, repeat, threads };
steps.SetAction(result => Steps.Run(result.GetRequiredValue(configs), result.GetValue(filter)!, result.GetValue(repeat), result.GetValue(threads)));

Option<bool> json = new("--json") { Description = "Print one JSON object a line." };
Command roofline = new("roofline", "Measure the multiply-add peak and the bandwidth of caches and memory.") { threadCounts, json };
roofline.SetAction(result => Roofline.Run(result.GetValue(threadCounts)!, result.GetValue(json)));

Option<FileInfo> svg = new("--svg") { Description = "Draw the table into this file." };
Command growth = new("growth", "Show how the cost of recurrent training grows along each axis, as a Markdown table.") { threadCounts, filter, svg };
growth.SetAction(result => Growth.Run(result.GetValue(threadCounts)!, result.GetValue(filter)!, result.GetValue(svg)));

Option<FileInfo> expectations = new("--expectations")
{
    Description = "The file of expected shares.",
    DefaultValueFactory = _ => new FileInfo("tests/Autograd.Benchmarks/guard.json"),
};
Option<bool> update = new("--update") { Description = "Write what this machine reaches as what its vector width and maker are to reach." };
Option<bool> selfTest = new("--self-test") { Description = "Show for every figure that it fails when its kernel takes twice as long." };
Option<string> handicap = new("--handicap") { Description = "Run the kernel of this figure twice each time.", Hidden = true };
Option<string> only = new("--only") { Description = "Measure this figure alone, and not again in another process.", Hidden = true };
Command guard = new("guard", "Find kernels that became slower, by their shares of what the machine reaches.") { expectations, filter, update, selfTest, handicap, only };
guard.SetAction(result => (result.GetValue(update), result.GetValue(selfTest)) switch
{
    (true, _) => Guard.Update(result.GetValue(expectations)!, result.GetValue(filter)!),
    (_, true) => Guard.SelfTest(result.GetValue(expectations)!, result.GetValue(filter)!),
    _ => Guard.Check(result.GetValue(expectations)!, result.GetValue(filter)!, result.GetValue(handicap), result.GetValue(only)),
});

Argument<string[]> rest = new("arguments") { Description = "Arguments of BenchmarkDotNet, such as --filter '*Gemm*'." };
Command kernels = new("kernels", "Time single kernels with BenchmarkDotNet.") { rest };
kernels.TreatUnmatchedTokensAsErrors = false;
kernels.SetAction(result =>
{
    BenchmarkDotNet.Running.BenchmarkSwitcher.FromAssembly(typeof(Steps).Assembly).Run([.. result.GetValue(rest) ?? [], .. result.UnmatchedTokens]);
    return 0;
});

return new RootCommand("Benchmarks of Autograd.") { steps, roofline, growth, guard, kernels }.Parse(args).Invoke();
