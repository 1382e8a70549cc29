using Autograd.Kernels;

namespace Autograd.Benchmarks;

/// <summary>The kernels that are watched one by one. Operators are called as a user calls them, on sizes that mostly stay in the second-level cache.</summary>
internal static class Works
{
    private const int Count = 1 << 15;

    public static IEnumerable<Work> All =>
        [.. Products, .. Functions, .. Elementwise, .. Reductions, .. Recurrent, .. Convolutions, .. Pools, .. Optimizers, .. SmallOperators,
            .. Transpositions, .. Indexing, .. OnTwoThreads];

    /// <summary>Products of the shapes that layers make.</summary>
    public static IEnumerable<Work> Products =>
    [
        Product("gemm 384", 384, 384, 384),
        Product("gemm 384, A transposed", 384, 384, 384, transposeA: true),
        Product("gemm 384, B transposed", 384, 384, 384, transposeB: true),
        Product("gemm 32 x 256 x 1024, a step", 32, 256, 1024),
        Product("gemm 32 x 1024 x 256, a step back", 32, 1024, 256, transposeB: true),
        Product("gemm 1024 x 512 x 128, weight gradient", 512, 1024, 128, transposeA: true),
        Product("gemm 20 x 128 x 512, small", 20, 128, 512),
        Product("gemm 128 x 1024 x 1024, large factor", 128, 1024, 1024),
        Product("gemv 256 x 1024", 1, 256, 1024),
        Product("gemv 1024 x 256, B transposed", 1, 1024, 256, transposeB: true),
        Double("gemm 256, double", 256),
        Packed("gemm 32 x 256 x 1024, packed", 32, 256, 1024),
    ];

    /// <summary>Functions of one element: 16 multiply-adds are reckoned for each.</summary>
    public static IEnumerable<Work> Functions =>
    [
        Function("exp", static x => x.Exp()),
        Function("log", static x => x.Log()),
        Function("tanh", static x => x.Tanh()),
        Function("sigmoid", static x => x.Sigmoid()),
        Function("erf", static x => x.Erf()),
        Function("gelu", static x => x.Gelu()),
        Function("softplus", static x => x.Softplus()),
        new("gelu, gradient", Yardstick.MultiplyAdds, 32.0 * Count, Sweep([Count], static x => x.Gelu())),
    ];

    public static IEnumerable<Work> Elementwise =>
    [
        new("add", Yardstick.Copy, 12.0 * Count, Map([Count], static x => x + x)),
        new("add a row", Yardstick.Copy, 8.0 * Count, Map([Count / 256, 256], static x => x + x[0])),
        new("multiply by a column", Yardstick.Copy, 8.0 * Count, Map([Count / 256, 256], static x => x * x[.., ..1])),
        new("tanh, gradient", Yardstick.Copy, 12.0 * Count, Sweep([Count], static x => x.Tanh())),
        new("add a row, gradient", Yardstick.Copy, 12.0 * Count, AddRowSweep(Count / 256, 256)),
    ];

    public static IEnumerable<Work> Reductions =>
    [
        new("sum", Yardstick.Copy, 4.0 * Count, Map([Count], static x => x.Sum())),
        new("sum of rows", Yardstick.Copy, 4.0 * Count, Map([Count / 256, 256], static x => x.Sum(1))),
        new("sum of columns", Yardstick.Copy, 4.0 * Count, Map([Count / 256, 256], static x => x.Sum(0))),
        new("maximum of rows", Yardstick.Copy, 4.0 * Count, Map([Count / 256, 256], static x => x.Max(1))),
        new("cumulative sum", Yardstick.Scalar, Count, Map([Count / 256, 256], static x => x.CumulativeSum(1))),
        new("cumulative sum of columns", Yardstick.Scalar, Count, Map([Count / 256, 256], static x => x.CumulativeSum(0))),
        new("softmax", Yardstick.MultiplyAdds, 32.0 * 512 * 65, Map([512, 65], static x => x.Softmax())),
        new("softmax, gradient", Yardstick.Copy, 12.0 * 512 * 65, Sweep([512, 65], static x => x.Softmax())),
        new("softmax and cross-entropy", Yardstick.MultiplyAdds, 32.0 * 512 * 65, CrossEntropy(512, 65, sweep: false)),
        new("softmax and cross-entropy, gradient", Yardstick.Copy, 8.0 * 512 * 65, CrossEntropy(512, 65, sweep: true)),
        new("layer norm", Yardstick.Copy, 8.0 * Count, Map([Count / 256, 256], static x => x.LayerNorm([256]))),
        new("layer norm, gradient", Yardstick.Copy, 12.0 * Count, Sweep([Count / 256, 256], static x => x.LayerNorm([256]))),
    ];

    /// <summary>Whole sequences: forward, backward by everything, and the sweep back through time alone, by the input.</summary>
    public static IEnumerable<Work> Recurrent =>
    [
        .. from work in new[] { (16, 65, 128), (12, 128, 256) }
           from cell in new[] { "rnn", "lstm", "gru" }
           from each in Sequences(new($"{cell} {work.Item3}", cell, work.Item1, 32, work.Item2, work.Item3, 1, Bidirectional: false))
           select each,
        .. Sequences(new("lstm 100, batch 1", "lstm", 25, 1, 65, 100, 1, Bidirectional: false)),
    ];

    /// <summary>Forward, and the gradients by the input and by the weights alone.</summary>
    public static IEnumerable<Work> Convolutions =>
    [
        .. Convolved("conv1d 64 to 128 x 3", 2.0 * 4 * 128 * 256 * 64 * 3, [4, 64, 256], static () => new Conv1d<float>(64, 128, 3, padding: 1)),
        .. Convolved("conv2d 32 to 64 x 3 x 3", 2.0 * 2 * 64 * 1024 * 32 * 9, [2, 32, 32, 32], static () => new Conv2d<float>(32, 64, (3, 3), padding: 1)),
        .. Convolved("conv2d 64 to 128 x 3 x 3, strided", 2.0 * 2 * 128 * 256 * 64 * 9, [2, 64, 32, 32], static () => new Conv2d<float>(64, 128, (3, 3), stride: 2, padding: 1)),
        .. Convolved("conv2d 1 to 16 x 5 x 5", 2.0 * 16 * 16 * 784 * 25, [16, 1, 28, 28], static () => new Conv2d<float>(1, 16, (5, 5), padding: 2)),
        .. Convolved("depthwise 64 x 3 x 3", 2.0 * 4 * 64 * 1024 * 9, [4, 64, 32, 32], static () => new Conv2d<float>(64, 64, (3, 3), padding: 1, groups: 64)),
    ];

    /// <summary>Windows that meet: two steps are reckoned for each element of the images, since all go about them one by one.</summary>
    public static IEnumerable<Work> Pools =>
    [
        new("max pool 2 x 2", Yardstick.Scalar, 2.0 * Count, Map([2, 16, 32, Count / 1024], static x => x.MaxPool2d(2))),
        new("max pool 2 x 2, gradient", Yardstick.Scalar, 2.0 * Count, Sweep([2, 16, 32, Count / 1024], static x => x.MaxPool2d(2))),
        new("average pool 2 x 2", Yardstick.Scalar, 2.0 * Count, Map([2, 16, 32, Count / 1024], static x => x.AvgPool2d(2))),
        new("average pool 2 x 2, gradient", Yardstick.Scalar, 2.0 * Count, Sweep([2, 16, 32, Count / 1024], static x => x.AvgPool2d(2))),
    ];

    /// <summary>One pass over parameters, gradients and states.</summary>
    public static IEnumerable<Work> Optimizers =>
    [
        new("rmsprop", Yardstick.Copy, 20.0 * 128 * 128, Step(static model => new RmsProp<float>(model))),
        new("adam", Yardstick.Copy, 28.0 * 128 * 128, Step(static model => new Adam<float>(model))),
        new("clip by norm", Yardstick.Copy, 12.0 * 128 * 128, Clip),
    ];

    /// <summary>What an operator costs where the arithmetic is small: 30 steps are reckoned for each of 300.</summary>
    public static IEnumerable<Work> SmallOperators =>
    [
        new("300 small operators, recorded and swept", Yardstick.Scalar, 9_000, Chain(records: true)),
        new("300 small operators, inference", Yardstick.Scalar, 9_000, Chain(records: false)),
    ];

    public static IEnumerable<Work> Transpositions =>
    [
        new("transposed 180 x 180", Yardstick.Copy, 8.0 * 180 * 180, Map([180, 180], static x => x.Transpose())),
        new("batch first", Yardstick.Copy, 8.0 * Count, Map([16, 32, Count / 512], static x => x.Permute(1, 0, 2))),
    ];

    /// <summary>Rows of a table, of which some are taken twice, and the gradient by the table: zeros, to which rows are added.</summary>
    public static IEnumerable<Work> Indexing =>
    [
        new("embedding", Yardstick.Copy, 8.0 * Count, Map([256, Count / 256], Embedding(256, 256))),
        new("embedding, gradient", Yardstick.Copy, 16.0 * Count, Sweep([256, Count / 256], Embedding(256, 256))),
    ];

    /// <summary>What the pool's wake-ups, shares and barriers cost where work is large enough for two threads; the yardstick runs on two as well.</summary>
    public static IEnumerable<Work> OnTwoThreads =>
        from work in (IEnumerable<Work>)
        [
            Product("gemm 576", 576, 576, 576),
            Product("gemm 128 x 1024 x 1024, large factor", 128, 1024, 1024),
            new("add 512 x 512", Yardstick.Copy, 8.0 * 512 * 512, Map([512, 512], static x => x + x)),
            .. Sequences(new("lstm 256", "lstm", 8, 32, 128, 256, 1, Bidirectional: false)),
            .. Convolved("conv2d 64 to 64 x 3 x 3", 2.0 * 2 * 64 * 1024 * 64 * 9, [2, 64, 32, 32], static () => new Conv2d<float>(64, 64, (3, 3), padding: 1)),
        ]
        select work with { Name = $"{work.Name}, two threads", Threads = 2 };

    private static Work Product(string name, int m, int k, int n, bool transposeA = false, bool transposeB = false) =>
        new(name, Yardstick.MultiplyAdds, 2.0 * m * k * n, () =>
        {
            float[] a = Numbers(m * k, 1), b = Numbers(k * n, 2), c = new float[m * n];
            int lda = transposeA ? m : k, ldb = transposeB ? k : n;
            return new(() => Gemm.Multiply<float>(transposeA, transposeB, m, n, k, a, lda, b, ldb, c, n));
        });

    private static Work Packed(string name, int m, int k, int n) => new(name, Yardstick.MultiplyAdds, 2.0 * m * k * n, () =>
    {
        float[] a = Numbers(m * k, 1), packed = new float[Gemm.PackedLength<float>(k, n)], c = new float[m * n];
        Gemm.Pack<float>(false, k, n, Numbers(k * n, 2), n, packed);
        return new(() => Gemm.MultiplyPacked<float>(false, m, n, k, a, k, packed, c, n));
    });

    /// <summary>A vector holds half as many doubles, so each operation counts two.</summary>
    private static Work Double(string name, int n) => new(name, Yardstick.MultiplyAdds, 4.0 * n * n * n, () =>
    {
        double[] a = [.. Numbers(n * n, 1).Select(static x => (double)x)], b = [.. a.Reverse()], c = new double[n * n];
        return new(() => Gemm.Multiply<double>(false, false, n, n, n, a, n, b, n, c, n));
    });

    private static Work Function(string name, Func<Variable<float>, Variable<float>> operation) =>
        new(name, Yardstick.MultiplyAdds, 32.0 * Count, Map([Count], operation, positive: name == "log"));

    /// <summary>An operator without recording.</summary>
    private static Func<Timed> Map(int[] shape, Func<Variable<float>, Variable<float>> operation, bool positive = false) => () =>
    {
        Tensor<float> x = Steps.Random(shape, 1);
        if (positive) x.Write(static values => { foreach (ref float value in values) value = Math.Abs(value); });
        Tape<float> tape = Tape<float>.Inference();
        return new(() =>
        {
            tape.Reset();
            operation(tape.Constant(x));
        });
    };

    /// <summary>The backward sweep alone.</summary>
    private static Func<Timed> Sweep(int[] shape, Func<Variable<float>, Variable<float>> operation, bool byInput = true) => () =>
    {
        Tensor<float> x = Steps.Random(shape, 1);
        Tensor<float>? seed = null;
        Tape<float> tape = new();
        Variable<float> y = default, cotangent = default;
        return new(() => tape.Backward(y, cotangent), () =>
        {
            tape.Reset();
            y = operation(byInput ? tape.Variable(x) : tape.Constant(x));
            seed ??= Steps.Random(y.Shape, 2);
            cotangent = tape.Constant(seed);
        });
    };

    private static Func<Timed> AddRowSweep(int rows, int columns) => () =>
    {
        Parameter<float> row = new("row", Steps.Random([columns], 3));
        return Sweep([rows, columns], x => x + row.On(x.Tape))();
    };

    private static Func<Timed> CrossEntropy(int rows, int classes, bool sweep) => () =>
    {
        Tensor<int> targets = Steps.RandomClasses([rows], classes);
        Func<Variable<float>, Variable<float>> loss = x => x.CrossEntropy(targets);
        return sweep ? Sweep([rows, classes], loss)() : Map([rows, classes], loss)();
    };

    private static Func<Variable<float>, Variable<float>> Embedding(int rows, int count)
    {
        Tensor<int> indices = Steps.RandomClasses([count], rows);
        return table => Variable.Embedding(table, indices);
    }

    private static IEnumerable<Work> Sequences(TrainingStep work)
    {
        int gates = work.Cell switch { "lstm" => 4, "gru" => 3, _ => 1 };
        double forward = 2.0 * work.Time * work.Batch * gates * work.Hidden * (work.Input + work.Hidden);
        int[] shape = [work.Time, work.Batch, work.Input];
        yield return new($"{work.Name}, forward", Yardstick.MultiplyAdds, forward, () => Map(shape, Run(trainable: true))());
        yield return new($"{work.Name}, backward", Yardstick.MultiplyAdds, 2 * forward, () => Sweep(shape, Run(trainable: true))());
        yield return new($"{work.Name}, backward by the input", Yardstick.MultiplyAdds, forward, () => Sweep(shape, Run(trainable: false))());

        Func<Variable<float>, Variable<float>> Run(bool trainable)
        {
            (Module<float> layer, Func<Variable<float>, Variable<float>> run) = RecurrentSteps.Layer(work);
            Initialize(layer, trainable);
            return run;
        }
    }

    private static IEnumerable<Work> Convolved(string name, double operations, int[] shape, Func<Layer<float>> make)
    {
        yield return new($"{name}, forward", Yardstick.MultiplyAdds, operations, () => Map(shape, Layer(trainable: true).Forward)());
        yield return new($"{name}, backward by the input", Yardstick.MultiplyAdds, operations, () => Sweep(shape, Layer(trainable: false).Forward)());
        yield return new($"{name}, backward by the weights", Yardstick.MultiplyAdds, operations, () => Sweep(shape, Layer(trainable: true).Forward, byInput: false)());

        Layer<float> Layer(bool trainable)
        {
            Layer<float> layer = make();
            Initialize(layer, trainable);
            return layer;
        }
    }

    private static void Initialize(Module<float> module, bool trainable)
    {
        module.Initialize(1);
        foreach (Parameter<float> parameter in module.Parameters) parameter.Trainable = trainable;
    }

    private static Func<Timed> Step(Func<Module<float>, Optimizer<float>> make) => () =>
    {
        (Linear<float> model, Tape<float> tape) = (new(128, 128, bias: false), new());
        model.Initialize(1);
        Optimizer<float> optimizer = make(model);
        Gradients<float> gradients = tape.Backward(model.Weight.On(tape).Square().Sum());
        return new(() => optimizer.Step(gradients));
    };

    private static Timed Clip()
    {
        (Linear<float> model, Tape<float> tape) = (new(128, 128, bias: false), new());
        model.Initialize(1);
        Gradients<float> gradients = default;
        return new(() => gradients.ClipByGlobalNorm(1e-3), () =>
        {
            tape.Reset();
            gradients = tape.Backward(model.Weight.On(tape).Square().Sum());
        });
    }

    private static Func<Timed> Chain(bool records) => () =>
    {
        Tensor<float> x = Steps.Random([10, 10], 1);
        Tape<float> tape = records ? new() : Tape<float>.Inference();
        return new(() =>
        {
            tape.Reset();
            Variable<float> y = records ? tape.Variable(x) : tape.Constant(x);
            for (int i = 0; i < 100; i++) y = ((y * 1.01) + 0.1).Tanh();
            if (records) tape.Backward(y.Sum());
        });
    };

    private static float[] Numbers(int count, ulong seed)
    {
        float[] numbers = new float[count];
        new RandomSource(seed).FillNormal<float>(numbers, 0, 1);
        return numbers;
    }
}
