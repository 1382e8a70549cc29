using System.Numerics;
using System.Runtime.CompilerServices;
using Autograd.Kernels;

namespace Autograd;

/// <summary>Runs elementwise kernels over broadcast shapes, with inner loops as long as the shapes allow.</summary>
internal static class Broadcasting
{
    /// <summary>The value rule of an operator of two broadcast inputs.</summary>
    public static void Binary<T, TFunction>(ForwardContext<T> context, string name)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : unmanaged, IBinaryFunction
    {
        Shape left = context.Shape(0), right = context.Shape(1), shape = ShapeMath.Broadcast(name, left, right);
        Span<T> y = context.Output(shape);
        Binary<T, TFunction>(context.Input(0), left, context.Input(1), right, y, shape);
    }

    /// <summary>y = f(a, b), where a and b broadcast to <paramref name="shape"/>.</summary>
    public static void Binary<T, TFunction>(ReadOnlySpan<T> a, Shape left, ReadOnlySpan<T> b, Shape right, Span<T> y, Shape shape)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : unmanaged, IBinaryFunction
    {
        if (IsPlain(a.Length, y.Length) && IsPlain(b.Length, y.Length))
        {
            Elementwise.Binary<TFunction, T>(a, b, y);
            return;
        }

        BroadcastWalk walk = new(shape, left, right, default);
        while (walk.Next())
        {
            Elementwise.Binary<TFunction, T>(a.Slice(walk.First, walk.FirstLength), b.Slice(walk.Second, walk.SecondLength), y.Slice(walk.At, walk.Inner));
        }
    }

    /// <summary>y = f(a, b, c), where a, b and c broadcast to <paramref name="shape"/>.</summary>
    public static void Ternary<T, TFunction>(
        ReadOnlySpan<T> a, Shape first, ReadOnlySpan<T> b, Shape second, ReadOnlySpan<T> c, Shape third, Span<T> y, Shape shape)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : unmanaged, ITernaryFunction
    {
        if (IsPlain(a.Length, y.Length) && IsPlain(b.Length, y.Length) && IsPlain(c.Length, y.Length))
        {
            Elementwise.Ternary<TFunction, T>(a, b, c, y);
            return;
        }

        BroadcastWalk walk = new(shape, first, second, third);
        while (walk.Next())
        {
            Elementwise.Ternary<TFunction, T>(
                a.Slice(walk.First, walk.FirstLength),
                b.Slice(walk.Second, walk.SecondLength),
                c.Slice(walk.Third, walk.ThirdLength),
                y.Slice(walk.At, walk.Inner));
        }
    }

    /// <summary>z = condition ? x : y, where all three broadcast to <paramref name="shape"/>.</summary>
    public static void Where<T>(
        ReadOnlySpan<bool> condition, Shape first, ReadOnlySpan<T> x, Shape second, ReadOnlySpan<T> y, Shape third, Span<T> z, Shape shape)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (IsPlain(condition.Length, z.Length) && IsPlain(x.Length, z.Length) && IsPlain(y.Length, z.Length))
        {
            Elementwise.Where(condition, x, y, z);
            return;
        }

        BroadcastWalk walk = new(shape, first, second, third);
        while (walk.Next())
        {
            Elementwise.Where(
                condition.Slice(walk.First, walk.FirstLength),
                x.Slice(walk.Second, walk.SecondLength),
                y.Slice(walk.Third, walk.ThirdLength),
                z.Slice(walk.At, walk.Inner));
        }
    }

    /// <summary>
    /// The gradient f(gy, a, b) to one of two inputs, written straight to the memory of that gradient; false where this cannot
    /// be done: the input was broadcast, other contributions are there already, or the sweep records.
    /// </summary>
    public static bool InPlace<T, TFunction>(BackwardContext<T> context, int input)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : unmanaged, ITernaryFunction
    {
        Shape shape = context.OutputShape();
        if (context.Shape(input) != shape || !context.InPlaceIfFresh(input, out Span<T> sum)) return false;
        Ternary<T, TFunction>(
            context.CotangentSpan(), shape, context.InputSpan(0), context.Shape(0), context.InputSpan(1), context.Shape(1), sum, shape);
        return true;
    }

    /// <summary>Whether the kernels' own rule, as long as the result or one element for all, serves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsPlain(int length, int result) => length == result || length == 1;
}

/// <summary>
/// The rows of a result to which up to three operands broadcast. Neighbouring axes that every operand treats alike are
/// merged, so that the rows are long; along a row an operand either runs or stands still.
/// </summary>
internal ref struct BroadcastWalk
{
    private readonly int _length;
    private readonly int _axes;
    private Axes _sizes;
    private Axes _index;
    private Axes _firstStrides;
    private Axes _secondStrides;
    private Axes _thirdStrides;

    public BroadcastWalk(Shape shape, Shape first, Shape second, Shape third)
    {
        _length = shape.Length;
        int stride1 = 1, stride2 = 1, stride3 = 1;
        for (int i = 1; i <= shape.Rank; i++)
        {
            int size = shape[^i];
            if (size == 1) continue;
            bool runs1 = i <= first.Rank && first[^i] != 1, runs2 = i <= second.Rank && second[^i] != 1, runs3 = i <= third.Rank && third[^i] != 1;
            bool alike = _axes > 0 && runs1 == _firstStrides[_axes - 1] > 0 && runs2 == _secondStrides[_axes - 1] > 0 && runs3 == _thirdStrides[_axes - 1] > 0;
            if (alike)
            {
                _sizes[_axes - 1] *= size;
            }
            else
            {
                _sizes[_axes] = size;
                _firstStrides[_axes] = runs1 ? stride1 : 0;
                _secondStrides[_axes] = runs2 ? stride2 : 0;
                _thirdStrides[_axes++] = runs3 ? stride3 : 0;
            }

            if (runs1) stride1 *= size;
            if (runs2) stride2 *= size;
            if (runs3) stride3 *= size;
        }

        if (_axes == 0) _sizes[0] = 1;
        Inner = _sizes[0];
        At = -Inner;
    }

    /// <summary>The length of a row of the result.</summary>
    public int Inner { get; }

    /// <summary>Where the row begins in the result.</summary>
    public int At { get; private set; }

    /// <summary>Where the row begins in each operand.</summary>
    public int First { get; private set; }

    /// <inheritdoc cref="First"/>
    public int Second { get; private set; }

    /// <inheritdoc cref="First"/>
    public int Third { get; private set; }

    /// <summary>The elements of a row in each operand: <see cref="Inner"/> or 1.</summary>
    public readonly int FirstLength => _firstStrides[0] == 0 ? 1 : Inner;

    /// <inheritdoc cref="FirstLength"/>
    public readonly int SecondLength => _secondStrides[0] == 0 ? 1 : Inner;

    /// <inheritdoc cref="FirstLength"/>
    public readonly int ThirdLength => _thirdStrides[0] == 0 ? 1 : Inner;

    /// <summary>Goes to the next row; the first call goes to the first. False behind the last.</summary>
    public bool Next()
    {
        bool begins = At < 0;
        At += Inner;
        if (At >= _length) return false;
        for (int axis = begins ? _axes : 1; axis < _axes; axis++)
        {
            First += _firstStrides[axis];
            Second += _secondStrides[axis];
            Third += _thirdStrides[axis];
            if (++_index[axis] < _sizes[axis]) break;
            First -= _sizes[axis] * _firstStrides[axis];
            Second -= _sizes[axis] * _secondStrides[axis];
            Third -= _sizes[axis] * _thirdStrides[axis];
            _index[axis] = 0;
        }

        return true;
    }

    [InlineArray(Shape.MaxRank + 1)]
    private struct Axes
    {
        private int _first;
    }
}
