using System.Numerics;
using MathNet.Numerics.LinearAlgebra;

namespace Autograd;

/// <summary>How a parameter gets its first value.</summary>
/// <remarks>
/// For a shape [outputs, inputs, …] the fan-in is inputs · (the rest) and the fan-out outputs · (the rest), as in PyTorch.
/// </remarks>
public abstract class Initializer
{
    /// <summary>All zeros.</summary>
    public static Initializer Zeros { get; } = new ConstantInitializer(0);

    /// <summary>All ones.</summary>
    public static Initializer Ones { get; } = new ConstantInitializer(1);

    /// <summary>All one value.</summary>
    public static Initializer Constant(double value) => new ConstantInitializer(value);

    /// <summary>Uniform in [−<paramref name="bound"/>, <paramref name="bound"/>).</summary>
    public static Initializer Uniform(double bound) => new UniformInitializer(bound);

    /// <summary>Normal with mean 0.</summary>
    public static Initializer Normal(double standardDeviation) => new NormalInitializer(standardDeviation);

    /// <summary>Normal with mean 0, drawn again where it is beyond two standard deviations.</summary>
    public static Initializer TruncatedNormal(double standardDeviation) => new NormalInitializer(standardDeviation) { Truncated = true };

    /// <summary>Uniform in ±gain · √(6 / (fan-in + fan-out)). Glorot and Bengio 2010.</summary>
    public static Initializer GlorotUniform(double gain = 1) => new FanInitializer((fanIn, fanOut) => Uniform(gain * Math.Sqrt(6.0 / (fanIn + fanOut))));

    /// <summary>Normal with standard deviation gain · √(2 / (fan-in + fan-out)). Glorot and Bengio 2010.</summary>
    public static Initializer GlorotNormal(double gain = 1) => new FanInitializer((fanIn, fanOut) => Normal(gain * Math.Sqrt(2.0 / (fanIn + fanOut))));

    /// <summary>Uniform in ±√(6 / fan-in), for layers before ReLU. He et al. 2015.</summary>
    public static Initializer HeUniform() => new FanInitializer(static (fanIn, _) => Uniform(Math.Sqrt(6.0 / fanIn)));

    /// <summary>Normal with standard deviation √(2 / fan-in), for layers before ReLU. He et al. 2015.</summary>
    public static Initializer HeNormal() => new FanInitializer(static (fanIn, _) => Normal(Math.Sqrt(2.0 / fanIn)));

    /// <summary>Uniform in ±√(3 / fan-in). LeCun et al. 1998.</summary>
    public static Initializer LeCunUniform() => new FanInitializer(static (fanIn, _) => Uniform(Math.Sqrt(3.0 / fanIn)));

    /// <summary>Normal with standard deviation √(1 / fan-in). LeCun et al. 1998.</summary>
    public static Initializer LeCunNormal() => new FanInitializer(static (fanIn, _) => Normal(Math.Sqrt(1.0 / fanIn)));

    /// <summary>
    /// A random matrix with orthonormal rows or columns, whichever are fewer, times <paramref name="gain"/>: the first axis by all
    /// others. Each such matrix is as likely (the Haar distribution): Q of the QR factorization of normal numbers, with the
    /// diagonal of R positive. Saxe et al. 2014; Mezzadri 2007.
    /// </summary>
    public static Initializer Orthogonal(double gain = 1) => new OrthogonalInitializer(gain);

    /// <summary><paramref name="gain"/> on the diagonal of a matrix, zeros elsewhere; the matrix need not be square. Le et al. 2015.</summary>
    public static Initializer Identity(double gain = 1) => new IdentityInitializer(gain);

    /// <summary>
    /// Zeros, but <paramref name="value"/> for the forget gate, in an LSTM's bias of shape [4 · hiddenSize] with the gates i, f, g, o. An LSTM
    /// has two biases, which are added: choose it for <c>bias_ih</c> alone. Jozefowicz et al. 2015.
    /// </summary>
    public static Initializer ForgetBias(double value = 1) => new GateBiasInitializer(_ => (0, value));

    /// <summary>
    /// For an LSTM's bias of shape [4 · hiddenSize] with the gates i, f, g, o: the forget gate's is log u for u uniform in [1,
    /// <paramref name="longest"/> − 1), the input gate's the same negated, and the others 0, so that memories fade over up to that
    /// many steps. Choose it for <c>bias_ih</c>, and zeros for <c>bias_hh</c>. Tallec and Ollivier 2018.
    /// </summary>
    /// <param name="longest">The number of time steps over which the task has dependencies; 3 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 3 steps.</exception>
    public static Initializer Chrono(int longest)
    {
        if (longest < 3) Errors.OutOfRange(nameof(longest), longest, $"Chrono: dependencies of {longest} steps leave nothing to draw from; pass 3 or more.");
        return new GateBiasInitializer(random =>
        {
            double forget = Math.Log(1 + (random.NextDouble() * (longest - 2)));
            return (-forget, forget);
        });
    }

    /// <summary>Fills the values of a parameter of the given shape.</summary>
    public abstract void Fill<T>(Span<T> values, Shape shape, RandomSource random)
        where T : unmanaged, IFloatingPointIeee754<T>;

    private sealed class ConstantInitializer(double value) : Initializer
    {
        public override void Fill<T>(Span<T> values, Shape shape, RandomSource random) => values.Fill(T.CreateTruncating(value));
    }

    private sealed class UniformInitializer(double bound) : Initializer
    {
        public override void Fill<T>(Span<T> values, Shape shape, RandomSource random) => random.FillUniform(values, -bound, bound);
    }

    private sealed class NormalInitializer(double standardDeviation) : Initializer
    {
        public bool Truncated { get; init; }

        public override void Fill<T>(Span<T> values, Shape shape, RandomSource random)
        {
            random.FillNormal(values, 0, standardDeviation);
            if (!Truncated) return;
            foreach (ref T value in values)
            {
                while (Math.Abs(double.CreateTruncating(value)) > 2 * standardDeviation) value = T.CreateTruncating(standardDeviation * random.NextNormal());
            }
        }
    }

    /// <summary>Chooses by the numbers of inputs and outputs, which the shape tells.</summary>
    private sealed class FanInitializer(Func<int, int, Initializer> choose) : Initializer
    {
        public override void Fill<T>(Span<T> values, Shape shape, RandomSource random)
        {
            if (shape.Rank < 2) Errors.Shape($"An initializer by fan-in and fan-out needs a parameter of at least two axes, [outputs, inputs, …], not {shape}.");
            if (shape.Length == 0) return;
            int field = shape.Product(2, shape.Rank);
            choose(shape[1] * field, shape[0] * field).Fill(values, shape, random);
        }
    }

    private sealed class OrthogonalInitializer(double gain) : Initializer
    {
        public override void Fill<T>(Span<T> values, Shape shape, RandomSource random)
        {
            if (shape.Rank < 2) Errors.Shape($"An orthogonal initializer needs a parameter of at least two axes, not {shape}.");
            if (shape.Length == 0) return;
            int rows = shape[0], columns = shape.Length / rows, tall = Math.Max(rows, columns), thin = Math.Min(rows, columns);
            double[] normal = new double[shape.Length];
            random.FillNormal(normal, 0, 1);

            // Gram and Schmidt's way divides by norms, so that R has a positive diagonal as it is. Column by column.
            double[] orthogonal = Matrix<double>.Build.Dense(tall, thin, normal).GramSchmidt().Q.ToColumnMajorArray();
            for (int row = 0; row < rows; row++)
            {
                for (int column = 0; column < columns; column++)
                {
                    (int along, int across) = rows >= columns ? (row, column) : (column, row);
                    values[(row * columns) + column] = T.CreateTruncating(gain * orthogonal[(across * tall) + along]);
                }
            }
        }
    }

    private sealed class IdentityInitializer(double gain) : Initializer
    {
        public override void Fill<T>(Span<T> values, Shape shape, RandomSource random)
        {
            if (shape.Rank != 2) Errors.Shape($"An identity initializer needs a parameter of two axes, not {shape}.");
            values.Clear();
            for (int i = 0; i < Math.Min(shape[0], shape[1]); i++) values[(i * shape[1]) + i] = T.CreateTruncating(gain);
        }
    }

    /// <summary>Biases of an LSTM whose output and candidate have none.</summary>
    private sealed class GateBiasInitializer(Func<RandomSource, (double Input, double Forget)> draw) : Initializer
    {
        public override void Fill<T>(Span<T> values, Shape shape, RandomSource random)
        {
            if (shape.Rank != 1 || shape[0] % 4 != 0) Errors.Shape($"An initializer of an LSTM's gates needs a bias of shape [4 · hiddenSize], not {shape}.");
            int size = shape[0] / 4;
            values.Clear();
            for (int i = 0; i < size; i++)
            {
                (double input, double forget) = draw(random);
                values[i] = T.CreateTruncating(input);
                values[size + i] = T.CreateTruncating(forget);
            }
        }
    }
}
