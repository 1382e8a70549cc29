namespace Autograd.Tests.Layers;

/// <summary>What a number must be able to do for equations to be written over it.</summary>
internal interface IReferenceNumber<TSelf>
    where TSelf : struct, IReferenceNumber<TSelf>
{
    double Value { get; }

    static abstract implicit operator TSelf(double value);

    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a, TSelf b);

    static abstract TSelf operator *(TSelf a, TSelf b);

    static abstract TSelf operator /(TSelf a, TSelf b);

    static abstract TSelf Exp(TSelf x);

    static abstract TSelf Tanh(TSelf x);

    static abstract TSelf Sqrt(TSelf x);
}

/// <summary>
/// A number that remembers how it was made, from two others at most, so that one sweep over the list of all numbers gives the
/// derivative by each of them: the textbook's Wengert list over single numbers, with nothing of the library in it.
/// </summary>
internal readonly struct Traced : IReferenceNumber<Traced>
{
    private readonly Trace? _trace; // null for a constant
    private readonly int _index;

    private Traced(Trace? trace, int index, double value)
    {
        (_trace, _index) = (trace, index);
        Value = value;
    }

    public double Value { get; }

    public static implicit operator Traced(double value) => new(null, 0, value);

    public static Traced operator +(Traced a, Traced b) => Of(a.Value + b.Value, a, 1, b, 1);

    public static Traced operator -(Traced a, Traced b) => Of(a.Value - b.Value, a, 1, b, -1);

    public static Traced operator *(Traced a, Traced b) => Of(a.Value * b.Value, a, b.Value, b, a.Value);

    public static Traced operator /(Traced a, Traced b) => Of(a.Value / b.Value, a, 1 / b.Value, b, -a.Value / (b.Value * b.Value));

    public static Traced Exp(Traced x) => Math.Exp(x.Value) is var e ? Of(e, x, e, 0, 0) : default;

    public static Traced Tanh(Traced x) => Math.Tanh(x.Value) is var t ? Of(t, x, 1 - (t * t), 0, 0) : default;

    public static Traced Sqrt(Traced x) => Math.Sqrt(x.Value) is var root ? Of(root, x, 0.5 / root, 0, 0) : default;

    private static Traced Of(double value, Traced a, double slopeA, Traced b, double slopeB)
    {
        Trace? trace = a._trace ?? b._trace;
        return trace is null ? value : new Traced(trace, trace.Add(a._trace is null ? -1 : a._index, slopeA, b._trace is null ? -1 : b._index, slopeB), value);
    }

    /// <summary>The list: for each number the two it was made of, and the slopes.</summary>
    internal sealed class Trace
    {
        private (int A, int B, double SlopeA, double SlopeB)[] _made = new (int, int, double, double)[1 << 12];
        private int _count;

        public Traced[] Leaves(double[] values) => Array.ConvertAll(values, value => new Traced(this, Add(-1, 0, -1, 0), value));

        public int Add(int a, double slopeA, int b, double slopeB)
        {
            if (_count == _made.Length) Array.Resize(ref _made, 2 * _count);
            _made[_count] = (a, b, slopeA, slopeB);
            return _count++;
        }

        /// <summary>Sweeps from Σ cotangent · output; the function that comes back tells the derivative by a number.</summary>
        public Func<Traced, double> Sweep(IEnumerable<(Traced Output, double Cotangent)> seeds)
        {
            double[] slopes = new double[_count];
            foreach ((Traced output, double cotangent) in seeds)
            {
                if (output._trace is not null) slopes[output._index] += cotangent;
            }

            for (int i = _count - 1; i >= 0; i--)
            {
                double slope = slopes[i];
                if (slope == 0) continue;
                (int a, int b, double slopeA, double slopeB) = _made[i];
                if (a >= 0) slopes[a] += slope * slopeA;
                if (b >= 0) slopes[b] += slope * slopeB;
            }

            return number => slopes[number._index];
        }
    }
}
