using System.Numerics;

namespace Autograd;

/// <summary>Padding, turning round and rolling: other places along each axis.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>The values with more around them, or less: pairs of what is added before and behind, the last axis first, as in PyTorch.</summary>
    /// <param name="pads">
    /// [before last, behind last, before second to last, …], for as many of the last axes as are to be padded. A negative
    /// entry cuts off as many elements.
    /// </param>
    /// <param name="mode">What stands in the new places; in every mode but constant it is taken from this.</param>
    /// <param name="value">The number in the new places, of <see cref="PaddingMode.Constant"/> alone.</param>
    /// <exception cref="ShapeException">
    /// An input to reflect or to replicate that has not one or two axes more than there are pairs, of which there are one to three: as
    /// in PyTorch, these pad [C, …] or [N, C, …].
    /// </exception>
    /// <exception cref="ArgumentException">
    /// An odd number of pads, more pairs than axes, a value for another mode than constant, padding to reflect that is not
    /// smaller than the axis, to wrap round that is larger than it, an empty axis to take from, or nothing left of an axis.
    /// </exception>
    public Variable<T> Pad(ReadOnlySpan<int> pads, PaddingMode mode = PaddingMode.Constant, double value = 0)
    {
        Shape shape = Shape;
        if (pads.Length % 2 != 0) Errors.Argument($"Pad of shape {shape} by {Errors.List(pads)}: {pads.Length} entries were given, but pads come in pairs, before and behind, the last axis first.");
        if (pads.Length / 2 > shape.Rank) Errors.Argument($"Pad of shape {shape} by {Errors.List(pads)}: {pads.Length / 2} pairs were given for {shape.Rank} axes.");
        if (!Enum.IsDefined(mode)) Errors.OutOfRange(nameof(mode), mode, $"Pad of shape {shape}: there is no padding mode {(int)mode}.");
        if (mode != PaddingMode.Constant && value != 0) Errors.Argument($"Pad of shape {shape}: the value {value} was given, but mode {mode} takes its values from the input. Leave the value out, or pad with a constant.");
        if (mode is PaddingMode.Reflect or PaddingMode.Replicate) RequireChannels(pads, mode);
        Span<AxisMap> maps = stackalloc AxisMap[Shape.MaxRank];
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            int pair = 2 * (shape.Rank - 1 - axis);
            maps[axis] = pair < pads.Length ? PadMap(axis, pads[pair], pads[pair + 1], mode) : new(mode, 0, shape[axis], shape[axis]);
        }

        return MapAxesOperation<T>.Apply("Pad", this, maps[..shape.Rank], value);
    }

    /// <summary>The values in reverse order along each of the given axes.</summary>
    /// <param name="axes">The axes; negative ones count from the end.</param>
    /// <exception cref="ArgumentException">No such axis, or one given twice.</exception>
    public Variable<T> Flip(params ReadOnlySpan<int> axes)
    {
        Shape shape = Shape;
        AxisSet given = AxisSet.Of(shape, axes);
        Span<AxisMap> maps = stackalloc AxisMap[Shape.MaxRank];
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            maps[axis] = given.Contains(axis) ? AxisMap.Reversed(shape[axis]) : new(default, 0, shape[axis], shape[axis]);
        }

        return MapAxesOperation<T>.Apply("Flip", this, maps[..shape.Rank], value: 0);
    }

    /// <summary>The values moved along an axis; what leaves at one end enters at the other: y[(i + shift) mod size] = x[i].</summary>
    /// <param name="shift">How far; a negative shift moves towards the start.</param>
    /// <param name="axis">The axis; a negative one counts from the end.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such axis.</exception>
    public Variable<T> Roll(int shift, int axis) => Roll([shift], [axis]);

    /// <summary>The values moved along several axes; what leaves at one end enters at the other.</summary>
    /// <param name="shifts">How far along each of <paramref name="axes"/>; a negative shift moves towards the start.</param>
    /// <param name="axes">The axes; negative ones count from the end.</param>
    /// <exception cref="ArgumentException">Not one shift for each axis, no such axis, or one given twice.</exception>
    public Variable<T> Roll(ReadOnlySpan<int> shifts, ReadOnlySpan<int> axes)
    {
        Shape shape = Shape;
        if (shifts.Length != axes.Length) Errors.Argument($"Roll of shape {shape}: {shifts.Length} shifts {Errors.List(shifts)} were given for {axes.Length} axes {Errors.List(axes)}. Give one shift for each axis.");
        AxisSet.Of(shape, axes);
        Span<AxisMap> maps = stackalloc AxisMap[Shape.MaxRank];
        for (int axis = 0; axis < shape.Rank; axis++) maps[axis] = new(default, 0, shape[axis], shape[axis]);
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = shape.Axis(axes[i]);
            maps[axis] = AxisMap.Rolled(shape[axis], shifts[i]);
        }

        return MapAxesOperation<T>.Apply("Roll", this, maps[..shape.Rank], value: 0);
    }

    private void RequireChannels(ReadOnlySpan<int> pads, PaddingMode mode)
    {
        int pairs = pads.Length / 2, rank = Shape.Rank;
        if (pairs is >= 1 and <= 3 && (rank == pairs + 1 || rank == pairs + 2)) return;
        string wrong = pairs is >= 1 and <= 3
            ? $"{pairs} pairs need an input of {pairs + 1} or {pairs + 2} axes, [C, …] or [N, C, …], not {rank}. Add axes with Unsqueeze, or pad fewer"
            : $"it takes one to three pairs, not {pairs}";
        Errors.Shape($"Pad of shape {Shape} by {Errors.List(pads)} in mode {mode}: {wrong}.");
    }

    private AxisMap PadMap(int axis, int before, int behind, PaddingMode mode)
    {
        int size = Shape[axis], most = Math.Max(before, behind);
        long result = (long)size + before + behind;
        string? wrong = mode switch
        {
            _ when -(long)before > size || -(long)behind > size || (result < 1 && (before != 0 || behind != 0)) => "at least one element must be left, and no more be cut off than there are",
            _ when result > Array.MaxLength => "that is more than an axis can hold",
            PaddingMode.Reflect when most > 0 && most >= size => "to reflect, padding must be smaller than the axis",
            PaddingMode.Replicate when most > 0 && size == 0 => "an empty axis has no edge to repeat",
            PaddingMode.Circular when most > 0 && most > size => "to wrap round, padding must not be larger than the axis; use Repeat first",
            _ => null,
        };
        if (wrong is not null) Errors.Argument($"Pad of shape {Shape}: axis {axis} of size {size} is to get {before} before and {behind} behind, which gives {result}; {wrong}.");
        return new AxisMap(mode, before, size, (int)result);
    }
}

/// <summary>y[i, j, …] = x[s₀(i), s₁(j), …], a constant where s is outside: padding, turning round, rolling.</summary>
/// <remarks>gx[s₀(i), s₁(j), …] += gy[i, j, …]. Keeps nothing.</remarks>
internal sealed class MapAxesOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly AxisMap[] _maps = new AxisMap[Shape.MaxRank];
    private int _rank;
    private T _value;
    private string _name = "MapAxes";

    public override string Name => _name;

    internal override bool GivesInfinity => T.IsInfinity(_value);

    private ReadOnlySpan<AxisMap> Maps => _maps.AsSpan(0, _rank);

    public static Variable<T> Apply(string name, Variable<T> x, ReadOnlySpan<AxisMap> maps, double value)
    {
        bool moves = false;
        foreach (AxisMap map in maps) moves |= !map.IsIdentity;
        if (!moves) return x;
        MapAxesOperation<T> operation = x.Tape.Rent<MapAxesOperation<T>>();
        maps.CopyTo(operation._maps);
        (operation._name, operation._rank, operation._value) = (name, maps.Length, T.CreateTruncating(value));
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<int> sizes = stackalloc int[Shape.MaxRank];
        for (int axis = 0; axis < _rank; axis++) sizes[axis] = _maps[axis].To;
        Span<T> y = context.Output(new Shape(sizes[.._rank]));
        AxisMaps.Copy(Maps, context.Input(0), y, _value);
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> gradient = context.Cotangent();
        Span<AxisMap> inverse = stackalloc AxisMap[Shape.MaxRank];
        bool once = true;
        for (int axis = 0; axis < _rank; axis++) once &= _maps[axis].TryInvert(out inverse[axis]);
        if (once)
        {
            context.Accumulate(0, Apply(_name, gradient, inverse[.._rank], value: 0));
        }
        else if (context.InPlace(0, out Span<T> sum, out bool fresh))
        {
            if (fresh) sum.Clear();
            AxisMaps.Add(Maps, gradient.Span, sum);
        }
        else
        {
            context.Accumulate(0, AddAxesOperation<T>.Apply(_name, gradient, Maps));
        }
    }
}

/// <summary>y = zeros, to which x[i, j, …] is added at [s₀(i), s₁(j), …]: the gradient of padding.</summary>
/// <remarks>gx[i, j, …] = gy[s₀(i), s₁(j), …], 0 where s is outside. Keeps nothing.</remarks>
internal sealed class AddAxesOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly AxisMap[] _maps = new AxisMap[Shape.MaxRank];
    private int _rank;
    private string _name = "AddAxes";

    private ReadOnlySpan<AxisMap> Maps => _maps.AsSpan(0, _rank);

    public static Variable<T> Apply(string name, Variable<T> x, ReadOnlySpan<AxisMap> maps)
    {
        AddAxesOperation<T> operation = x.Tape.Rent<AddAxesOperation<T>>();
        maps.CopyTo(operation._maps);
        (operation._name, operation._rank) = (name, maps.Length);
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<int> sizes = stackalloc int[Shape.MaxRank];
        for (int axis = 0; axis < _rank; axis++) sizes[axis] = _maps[axis].From;
        Span<T> y = context.Output(new Shape(sizes[.._rank]));
        y.Clear();
        AxisMaps.Add(Maps, context.Input(0), y);
    }

    protected internal override void Backward(BackwardContext<T> context) =>
        context.Accumulate(0, MapAxesOperation<T>.Apply(_name, context.Cotangent(), Maps, value: 0));
}
