using System.Numerics;

namespace Autograd;

/// <summary>Which steps of a padded batch of sequences, [steps, batch, …], are true: those within the lengths and under the mask.</summary>
internal readonly ref struct TrueSteps
{
    private readonly ReadOnlySpan<int> _lengths;
    private readonly ReadOnlySpan<bool> _mask;
    private readonly int _steps;
    private readonly int _batch;

    /// <summary>Checks lengths [batch] and mask [steps, batch], either of which may be missing.</summary>
    /// <exception cref="ShapeException">There is no step, or lengths or mask have another shape.</exception>
    /// <exception cref="ArgumentException">A length below 1 or beyond the steps, or a sequence without a true step.</exception>
    public TrueSteps(string layer, Tensor<int>? lengths, Tensor<bool>? mask, int steps, int batch)
    {
        (_steps, _batch) = (steps, batch);
        if (steps == 0 && batch > 0) Errors.Shape($"{layer}: the sequences have 0 steps (batch {batch}); give each at least one.");
        if (lengths is not null)
        {
            if (lengths.Shape != new Shape(batch)) Errors.Shape($"{layer}: lengths of shape {lengths.Shape} were given for a batch of {batch}; they must be [{batch}].");
            _lengths = lengths.Span;
            for (int row = 0; row < batch; row++)
            {
                if (_lengths[row] < 1 || _lengths[row] > steps)
                {
                    Errors.OutOfRange(nameof(lengths), _lengths[row], $"{layer}: lengths[{row}] is {_lengths[row]}; a length lies in 1 … {steps}, the steps of the batch.");
                }
            }
        }

        if (mask is null) return;
        if (mask.Shape != new Shape(steps, batch)) Errors.Shape($"{layer}: the mask has shape {mask.Shape}; it must be [steps, batch] = [{steps}, {batch}].");
        _mask = mask.Span;
        for (int row = 0; row < batch; row++)
        {
            int step = 0;
            while (step < steps && !this[step, row]) step++;
            if (step == steps) Errors.Argument($"{layer}: sequence {row} of the batch has no true step left; its mask is false at every step within its length. Leave the sequence out.");
        }
    }

    /// <summary>Whether every step is true, so that nothing has to be masked.</summary>
    public bool All
    {
        get
        {
            if (_mask.Contains(false)) return false;
            foreach (int length in _lengths)
            {
                if (length < _steps) return false;
            }

            return true;
        }
    }

    public bool this[int step, int row] => (_lengths.IsEmpty || step < _lengths[row]) && (_mask.IsEmpty || _mask[(step * _batch) + row]);

    /// <summary>The steps of a sequence; only where there is no mask.</summary>
    public int Length(int row) => _lengths.IsEmpty ? _steps : _lengths[row];
}

internal static class Masking
{
    /// <summary>x ⊙ mask of one shape, and 0 where the mask is 0 whatever x is, NaN included; the gradient likewise.</summary>
    public static Variable<T> Masked<T>(this Variable<T> x, Variable<T> mask)
        where T : unmanaged, IFloatingPointIeee754<T> => x.Tape.Apply(DropoutOperation<T>.Instance, x, mask);
}
