using System.Numerics;
using System.Numerics.Tensors;

namespace Autograd;

public readonly partial struct Variable<T>
{
    /// <summary>−log softmax(x)[target] over the last axis: logits [..., classes] against targets [...].</summary>
    public Variable<T> CrossEntropy(Tensor<int> targets)
    {
        CrossEntropyOperation<T> operation = Tape.Rent<CrossEntropyOperation<T>>();
        operation.Targets = new SavedIndices(targets);
        return Tape.Apply(operation, this);
    }
}

internal sealed class CrossEntropyOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public SavedIndices Targets { get; set; }

    protected internal override void Forward(ForwardContext<T> context)
    {
        ReadOnlySpan<T> x = context.Input(0);
        int classes = context.Shape(0)[^1];
        ReadOnlySpan<int> targets = Targets.Values("CrossEntropy");
        Span<T> loss = context.Output([]);
        Span<T> p = context.Records ? context.Reserve(x.Length) : new T[x.Length];
        double total = 0;
        for (int row = 0; row < targets.Length; row++)
        {
            ReadOnlySpan<T> from = x.Slice(row * classes, classes);
            Span<T> to = p.Slice(row * classes, classes);
            T max = TensorPrimitives.Max(from);
            TensorPrimitives.Subtract(from, max, to);
            T logit = to[targets[row]];
            TensorPrimitives.Exp(to, to);
            T sum = TensorPrimitives.Sum(to);
            TensorPrimitives.Divide(to, sum, to);
            total += double.CreateTruncating(T.Log(sum) - logit);
        }

        loss[0] = T.CreateTruncating(total / targets.Length);
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        ReadOnlySpan<int> targets = Targets.Values("CrossEntropy");
        if (!context.InPlace(0, out Span<T> sum, out bool fresh)) return;
        if (fresh) sum.Clear();
        int classes = context.Shape(0)[^1];
        T scale = context.Cotangent().Span[0] / T.CreateTruncating(targets.Length);
        TensorPrimitives.MultiplyAdd(context.Output(1).Span, scale, sum, sum);
        for (int row = 0; row < targets.Length; row++) sum[(row * classes) + targets[row]] -= scale;
    }
}
