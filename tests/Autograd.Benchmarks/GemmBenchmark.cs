using Autograd.Kernels;
using BenchmarkDotNet.Attributes;

namespace Autograd.Benchmarks;

/// <summary>Matrix products of the shapes that recurrent layers make.</summary>
public class GemmBenchmark
{
    private float[] _a = [];
    private float[] _b = [];
    private float[] _c = [];

    [Params(1, 32, 2048)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        (_a, _b, _c) = (new float[Rows * 256], new float[256 * 1024], new float[Rows * 1024]);
        RandomSource random = new(1);
        random.FillNormal<float>(_a, 0, 1);
        random.FillNormal<float>(_b, 0, 1);
    }

    [Benchmark]
    public void Plain() => Gemm.Multiply<float>(false, false, Rows, 1024, 256, _a, 256, _b, 1024, _c, 1024);

    [Benchmark]
    public void TransposedRight() => Gemm.Multiply<float>(false, true, Rows, 1024, 256, _a, 256, _b, 256, _c, 1024);
}
