using System.Buffers;
using System.Numerics;

namespace Autograd.Kernels;

/// <summary>
/// Kernels that work on one row at a time and may read it twice: it is in the cache still. Threads share rows; columns are turned into
/// rows by groups of 16, a line of floats, so that a line of the data is fetched once for all of them.
/// </summary>
internal static unsafe partial class Reductions
{
    // Where the worked axis is not the last, this many columns at a time are turned into rows, worked on and turned back;
    // fewer where they are so long that the rows would fill more elements than this.
    private const int ColumnGroup = 16;
    private const int ColumnElements = 1 << 18;

    /// <summary>
    /// What is done with one row along the worked axis. An operand or result has either the row's elements or one for all
    /// of it, and is empty where the work has no such operand.
    /// </summary>
    private interface IRowWork<T>
    {
        void Run(ReadOnlySpan<T> first, ReadOnlySpan<T> second, ReadOnlySpan<T> third, Span<T> result);
    }

    /// <summary>
    /// Does the work for every row of [outer, reduce, inner] along the middle axis. The other operands and the result are of
    /// that shape too, or of [outer, 1, inner], or not given. The result may be an operand of its own shape.
    /// </summary>
    private static void Along<TWork, T>(
        ReadOnlySpan<T> first, ReadOnlySpan<T> second, ReadOnlySpan<T> third, Span<T> result, int outer, int reduce, int inner, TWork work = default)
        where TWork : unmanaged, IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int rows = checked(outer * inner);
        if (first.Length != (long)rows * reduce) RefuseOperand(first.Length);
        int secondRow = RowLength(second.Length), thirdRow = RowLength(third.Length), resultRow = RowLength(result.Length);
        if (result.IsEmpty || rows == 0) return;
        fixed (T* a = first, b = second, c = third, y = result)
        {
            AlongWork<TWork, T> all = new(work, new(a, reduce), new(b, secondRow), new(c, thirdRow), new(y, resultRow), outer, inner, reduce);
            WorkerPool.Run(all, Math.Min(WorkerPool.PartsFor(first.Length, Elementwise.Grain / 2), all.Units));
        }

        int RowLength(int length)
        {
            if (length == (long)rows * reduce) return reduce;
            if (length != rows && length != 0) RefuseOperand(length);
            return length == 0 ? 0 : 1;
        }

        void RefuseOperand(int length) => throw new ArgumentException(
            $"Reduction of [{outer}, {reduce}, {inner}]: an operand or result has {length} elements; it needs as many as that shape, or as [{outer}, 1, {inner}].");
    }

    /// <summary>An operand or the result: its elements and how many a row has.</summary>
    private readonly struct Lane<T>(T* start, int row)
        where T : unmanaged
    {
        public readonly int Row = row;

        public T* Slab(int outer, int inner) => start + ((nint)outer * Row * inner);

        /// <summary>Turns columns into rows one after the other.</summary>
        public void Turn(T* slab, int inner, int column, int count, T* rows) => Transposition.Copy(slab + column, inner, Row, count, rows, Row);
    }

    /// <summary>All rows; a unit is a row or a group of columns.</summary>
    private readonly struct AlongWork<TWork, T>(TWork work, Lane<T> a, Lane<T> b, Lane<T> c, Lane<T> y, int outer, int inner, int reduce) : IParallelWork
        where TWork : unmanaged, IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public int Units => outer * Groups;

        private int Groups => (inner + Group - 1) / Group;

        private int Group => inner == 1 ? 1 : Math.Clamp(ColumnElements / Math.Max(reduce, 1), 1, ColumnGroup);

        public void Run(int part, int parts)
        {
            T[]? scratch = inner == 1 ? null : ArrayPool<T>.Shared.Rent(Group * (a.Row + b.Row + c.Row + y.Row));
            fixed (T* memory = scratch)
            {
                for (int unit = WorkerPool.Share(Units, part, parts); unit < WorkerPool.Share(Units, part + 1, parts); unit++)
                {
                    int o = unit / Groups, column = unit % Groups * Group;
                    T* first = a.Slab(o, inner), second = b.Slab(o, inner), third = c.Slab(o, inner), result = y.Slab(o, inner);
                    if (inner == 1) work.Run(new(first, a.Row), new(second, b.Row), new(third, c.Row), new(result, y.Row));
                    else Columns(first, second, third, result, column, Math.Min(Group, inner - column), memory);
                }
            }

            if (scratch is not null) ArrayPool<T>.Shared.Return(scratch);
        }

        private void Columns(T* first, T* second, T* third, T* result, int column, int count, T* memory)
        {
            T* rowsA = memory, rowsB = rowsA + (Group * a.Row), rowsC = rowsB + (Group * b.Row), rowsY = rowsC + (Group * c.Row);
            a.Turn(first, inner, column, count, rowsA);
            b.Turn(second, inner, column, count, rowsB);
            c.Turn(third, inner, column, count, rowsC);
            for (int i = 0; i < count; i++)
            {
                work.Run(new(rowsA + (i * a.Row), a.Row), new(rowsB + (i * b.Row), b.Row), new(rowsC + (i * c.Row), c.Row), new(rowsY + (i * y.Row), y.Row));
            }

            Transposition.Copy(rowsY, y.Row, count, y.Row, result + column, inner);
        }
    }
}
