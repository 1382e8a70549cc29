using BenchmarkDotNet.Attributes;

namespace Autograd.Benchmarks;

/// <summary>Measures the pieces of <see cref="Works"/> one by one; what has to run before a piece is measured with it.</summary>
public abstract class KernelBenchmark
{
    private Action _run = static () => { };

    public IEnumerable<string> Names => Pieces.Select(static work => work.Name);

    [ParamsSource(nameof(Names))]
    public string Name { get; set; } = string.Empty;

    private protected abstract IEnumerable<Work> Pieces { get; }

    [GlobalSetup]
    public void Setup()
    {
        Work work = Pieces.Single(work => work.Name == Name);
        Parallelism.Threads = work.Threads;
        Timed timed = work.Prepare();
        _run = timed.Before is null ? timed.Run : timed.Before + timed.Run;
    }

    [Benchmark]
    public void Run() => _run();
}

/// <summary>Convolutions, forward and back.</summary>
public class ConvolutionBenchmark : KernelBenchmark
{
    private protected override IEnumerable<Work> Pieces => Works.Convolutions;
}

/// <summary>Sequences of recurrent layers, forward and back.</summary>
public class RecurrentBenchmark : KernelBenchmark
{
    private protected override IEnumerable<Work> Pieces => Works.Recurrent;
}

/// <summary>Elementary functions and arithmetic, element by element.</summary>
public class VectorMathBenchmark : KernelBenchmark
{
    private protected override IEnumerable<Work> Pieces => [.. Works.Functions, .. Works.Elementwise];
}

/// <summary>Sums, softmax and normalizations.</summary>
public class ReductionBenchmark : KernelBenchmark
{
    private protected override IEnumerable<Work> Pieces => Works.Reductions;
}

/// <summary>Optimizer steps and clipping.</summary>
public class OptimizerBenchmark : KernelBenchmark
{
    private protected override IEnumerable<Work> Pieces => Works.Optimizers;
}

/// <summary>Chains of small operators.</summary>
public class SmallOperatorBenchmark : KernelBenchmark
{
    private protected override IEnumerable<Work> Pieces => Works.SmallOperators;
}

/// <summary>Transposition and permutation.</summary>
public class TranspositionBenchmark : KernelBenchmark
{
    private protected override IEnumerable<Work> Pieces => Works.Transpositions;
}

/// <summary>Maxima and averages of windows, forward and back.</summary>
public class PoolingBenchmark : KernelBenchmark
{
    private protected override IEnumerable<Work> Pieces => Works.Pools;
}

/// <summary>Rows of tables, forward and back.</summary>
public class IndexingBenchmark : KernelBenchmark
{
    private protected override IEnumerable<Work> Pieces => Works.Indexing;
}

/// <summary>What two threads share.</summary>
public class TwoThreadBenchmark : KernelBenchmark
{
    private protected override IEnumerable<Work> Pieces => Works.OnTwoThreads;
}
