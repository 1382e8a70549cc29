using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>The rule of an optimizer for a vector of numbers: the parameter, its gradient and up to three states.</summary>
internal interface IUpdateRule<T>
    where T : unmanaged
{
    /// <summary>One step. A state that is not kept comes in as zero and is dropped.</summary>
    void Apply<V>(ref V value, V gradient, ref V first, ref V second, ref V third)
        where V : unmanaged, IVector<V, T>;
}

/// <summary>
/// An optimizer's rule in one pass over memory, split over threads by numbers. The last numbers go through the same vector
/// code, padded, so that the result of a number does not depend on where it stands.
/// </summary>
/// <remarks>
/// No blocking: a vector of each of the five arrays is in registers at a time, and nothing is read twice. That one pass is what a
/// chain of elementwise kernels, each with a pass over memory of its own, would not give.
/// </remarks>
internal readonly unsafe struct UpdatePass<T, TRule> : IParallelWork
    where T : unmanaged, IFloatingPointIeee754<T>
    where TRule : unmanaged, IUpdateRule<T>
{
    /// <summary>Numbers that are worth a thread: some twenty microseconds of roots and quotients.</summary>
    private const int Grain = 1 << 15;

    private readonly TRule _rule;
    private readonly int _length;
    private readonly T* _values;
    private readonly T* _gradient;
    private readonly T* _first;
    private readonly T* _second;
    private readonly T* _third;

    private UpdatePass(TRule rule, int length, T* values, T* gradient, T* first, T* second, T* third)
    {
        _rule = rule;
        _length = length;
        _values = values;
        _gradient = gradient;
        _first = first;
        _second = second;
        _third = third;
    }

    /// <summary>Changes the values and the states; a state that is not kept is empty.</summary>
    public static void Run(TRule rule, Span<T> values, ReadOnlySpan<T> gradient, Span<T> first, Span<T> second, Span<T> third)
    {
        int length = values.Length;
        if (gradient.Length != values.Length || !Fits(first) || !Fits(second) || !Fits(third))
        {
            throw new ArgumentException(
                $"Optimizer step: {values.Length} numbers, but {gradient.Length} of the gradient and {first.Length}, {second.Length} and {third.Length} of the states.");
        }

        fixed (T* pv = values, pg = gradient, p1 = first, p2 = second, p3 = third)
        {
            UpdatePass<T, TRule> pass = new(rule, values.Length, pv, pg, p1, p2, p3);
            WorkerPool.Run(pass, WorkerPool.PartsFor(values.Length, Grain));
        }

        bool Fits(Span<T> state) => state.Length == 0 || state.Length == length;
    }

    public void Run(int part, int parts)
    {
        switch (Simd.Width)
        {
            case 512:
                Run<Vec512<T>>(part, parts);
                break;
            case 256:
                Run<Vec256<T>>(part, parts);
                break;
            case 128:
                Run<Vec128<T>>(part, parts);
                break;
            default:
                Run<Vec1<T>>(part, parts);
                break;
        }
    }

    private void Run<V>(int part, int parts)
        where V : unmanaged, IVector<V, T>
    {
        int vectors = _length / V.Count, end = WorkerPool.Share(vectors, part + 1, parts) * V.Count;
        Whole<V>(WorkerPool.Share(vectors, part, parts) * V.Count, end);
        if (part == parts - 1 && end < _length) Rest<V>(end, _length - end);
    }

    [MethodImpl(Simd.HotLoop)]
    private void Whole<V>(int start, int end)
        where V : unmanaged, IVector<V, T>
    {
        T* p1 = _first, p2 = _second, p3 = _third;
        for (int i = start; i < end; i += V.Count)
        {
            V value = V.Load(_values + i), first = V.Zero, second = V.Zero, third = V.Zero;
            if (p1 != null) first = V.Load(p1 + i);
            if (p2 != null) second = V.Load(p2 + i);
            if (p3 != null) third = V.Load(p3 + i);
            _rule.Apply(ref value, V.Load(_gradient + i), ref first, ref second, ref third);
            V.Store(value, _values + i);
            if (p1 != null) V.Store(first, p1 + i);
            if (p2 != null) V.Store(second, p2 + i);
            if (p3 != null) V.Store(third, p3 + i);
        }
    }

    private void Rest<V>(int i, int count)
        where V : unmanaged, IVector<V, T>
    {
        V value = Lanes<T, V>.Load(_values + i, count), gradient = Lanes<T, V>.Load(_gradient + i, count);
        V first = Lanes<T, V>.LoadOrZero(_first, i, count);
        V second = Lanes<T, V>.LoadOrZero(_second, i, count);
        V third = Lanes<T, V>.LoadOrZero(_third, i, count);
        _rule.Apply(ref value, gradient, ref first, ref second, ref third);
        Lanes<T, V>.Store(value, _values + i, count);
        if (_first != null) Lanes<T, V>.Store(first, _first + i, count);
        if (_second != null) Lanes<T, V>.Store(second, _second + i, count);
        if (_third != null) Lanes<T, V>.Store(third, _third + i, count);
    }
}
