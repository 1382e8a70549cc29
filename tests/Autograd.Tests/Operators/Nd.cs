using System.Numerics;

namespace Autograd.Tests;

/// <summary>An array of any rank for references: plain loops over plain arrays, with nothing of the library in them.</summary>
public sealed class Nd
{
    public Nd(params int[] sizes)
    {
        Sizes = sizes;
        Data = new Real[sizes.Aggregate(1, static (product, size) => product * size)];
    }

    public int[] Sizes { get; }

    public Real[] Data { get; }

    /// <summary>The values, without derivatives.</summary>
    public double[] Values => Array.ConvertAll(Data, static x => x.Value);

    public int Rank => Sizes.Length;

    /// <summary>Every index, the last axis fastest; a new array each.</summary>
    public IEnumerable<int[]> Indices => IndicesOf(Sizes);

    public Real this[params int[] index]
    {
        get => Data[Position(index)];
        set => Data[Position(index)] = value;
    }

    public static Nd Of(int[] sizes, params double[] data) => Of(sizes, Array.ConvertAll(data, static value => (Real)value));

    public static Nd Of(int[] sizes, Real[] data)
    {
        Nd array = new(sizes);
        if (data.Length != array.Data.Length) throw new ArgumentException($"{data.Length} values for [{string.Join(", ", sizes)}].");
        data.CopyTo(array.Data, 0);
        return array;
    }

    /// <summary>A vector.</summary>
    public static Nd Vector(params double[] data) => Of([data.Length], data);

    public static Nd Scalar(Real value) => Of([], new[] { value });

    public static Nd Filled(double value, params int[] sizes) => Build(sizes, _ => value);

    public static Nd Build(int[] sizes, Func<int[], Real> element)
    {
        Nd array = new(sizes);
        int at = 0;
        foreach (int[] index in array.Indices) array.Data[at++] = element(index);
        return array;
    }

    /// <summary>f(a, b) over shapes that broadcast: aligned at the last axis, a size of 1 stretches.</summary>
    public static Nd Zip(Nd a, Nd b, Func<Real, Real, Real> f)
    {
        int rank = Math.Max(a.Rank, b.Rank);
        int[] sizes = new int[rank];
        for (int axis = 0; axis < rank; axis++)
        {
            int left = axis < rank - a.Rank ? 1 : a.Sizes[axis - (rank - a.Rank)], right = axis < rank - b.Rank ? 1 : b.Sizes[axis - (rank - b.Rank)];
            sizes[axis] = left == 1 ? right : left;
        }

        return Build(sizes, index => f(a.Broadcast(index), b.Broadcast(index)));
    }

    public static IEnumerable<int[]> IndicesOf(int[] sizes)
    {
        int count = sizes.Aggregate(1, static (product, size) => product * size);
        for (int position = 0; position < count; position++)
        {
            int[] index = new int[sizes.Length];
            for (int axis = sizes.Length - 1, rest = position; axis >= 0; axis--) (rest, index[axis]) = Math.DivRem(rest, sizes[axis]);
            yield return index;
        }
    }

    public Nd Map(Func<Real, Real> f) => Of(Sizes, Array.ConvertAll(Data, value => f(value)));

    /// <summary>The element a broadcast to a larger shape shows at an index of that shape.</summary>
    public Real Broadcast(int[] index)
    {
        int[] own = new int[Rank];
        for (int axis = 0; axis < Rank; axis++) own[axis] = Sizes[axis] == 1 ? 0 : index[axis + index.Length - Rank];
        return this[own];
    }

    public Nd Reshape(params int[] sizes) => Of(sizes, Data);

    public Tensor<T> ToTensor<T>()
        where T : unmanaged, IFloatingPointIeee754<T> => new(Sizes, Array.ConvertAll(Values, T.CreateTruncating));

    /// <summary>The same values as a view in the middle of a larger tensor whose other values are NaN.</summary>
    public Tensor<T> ToView<T>()
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] padded = new T[Data.Length + 10];
        Array.Fill(padded, T.NaN);
        for (int i = 0; i < Data.Length; i++) padded[i + 5] = T.CreateTruncating(Data[i].Value);
        return new Tensor<T>([padded.Length], padded)[5..(5 + Data.Length)].Reshape(Sizes);
    }

    /// <summary>The values rounded to float, so that float and double kernels can be given the same ones.</summary>
    public Nd Rounded() => Map(static x => (float)x.Value);

    public override string ToString() => $"[{string.Join(", ", Sizes)}]";

    private int Position(int[] index)
    {
        if (index.Length != Rank) throw new ArgumentException($"{index.Length} indices for {this}.");
        int position = 0;
        for (int axis = 0; axis < Rank; axis++)
        {
            if ((uint)index[axis] >= (uint)Sizes[axis]) throw new ArgumentOutOfRangeException(nameof(index), $"[{string.Join(", ", index)}] in {this}.");
            position = (position * Sizes[axis]) + index[axis];
        }

        return position;
    }
}
