using System.Numerics.Tensors;

namespace Autograd;

public readonly partial struct Gradients<T>
{
    /// <summary>The Euclidean norm of all gradients together, computed in double.</summary>
    public double GlobalNorm()
    {
        double sum = 0;
        foreach (GradientEntry<T> entry in Store.Entries)
        {
            foreach (T value in entry.Values) sum += double.CreateTruncating(value) * double.CreateTruncating(value);
        }

        return Math.Sqrt(sum);
    }

    /// <summary>Scales all gradients so that their norm together is at most <paramref name="maximum"/>.</summary>
    public double ClipByGlobalNorm(double maximum)
    {
        double norm = GlobalNorm(), factor = Math.Min(1, maximum / (norm + 1e-6));
        if (factor >= 1) return norm;
        foreach (GradientEntry<T> entry in Store.Entries) TensorPrimitives.Multiply(entry.Values, T.CreateTruncating(factor), entry.Values);
        return norm;
    }
}
