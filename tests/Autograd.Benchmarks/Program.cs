using System.CommandLine;
using Autograd.Benchmarks;

// Two ways to measure: `steps` is the harness that compare.py runs against other systems; `kernels` is BenchmarkDotNet.
Argument<FileInfo> configs = new("configs") { Description = "The file that names the work, configs.json." };
Option<string> filter = new("--filter") { Description = "Keep configurations whose name contains this text.", DefaultValueFactory = _ => string.Empty };
Option<int> repeat = new("--repeat") { Description = "Timed runs, of which the median is printed.", DefaultValueFactory = _ => 9 };
Option<int> threads = new("--threads") { Description = "Threads to use.", DefaultValueFactory = _ => Environment.ProcessorCount };

Command steps = new("steps", "Time whole training steps and operators, one JSON object a line.") { configs, filter, repeat, threads };
steps.SetAction(result => Steps.Run(result.GetRequiredValue(configs), result.GetValue(filter)!, result.GetValue(repeat), result.GetValue(threads)));

Argument<string[]> rest = new("arguments") { Description = "Arguments of BenchmarkDotNet, such as --filter '*Gemm*'." };
Command kernels = new("kernels", "Time single kernels with BenchmarkDotNet.") { rest };
kernels.TreatUnmatchedTokensAsErrors = false;
kernels.SetAction(result =>
{
    BenchmarkDotNet.Running.BenchmarkSwitcher.FromAssembly(typeof(Steps).Assembly).Run([.. result.GetValue(rest) ?? [], .. result.UnmatchedTokens]);
    return 0;
});

return new RootCommand("Benchmarks of Autograd.") { steps, kernels }.Parse(args).Invoke();
