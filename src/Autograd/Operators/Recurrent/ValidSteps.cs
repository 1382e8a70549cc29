using System.Numerics;

namespace Autograd;

/// <summary>Lengths or a mask of a padded batch as numbers on the tape: [time, batch], 1 where a row takes part in a step, else 0.</summary>
internal static class ValidSteps
{
    /// <summary>Checks what was given and writes it down; <c>default</c> if every row takes part in every step.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="who">The layer, for messages.</param>
    /// <param name="time">T.</param>
    /// <param name="batch">B.</param>
    /// <param name="lengths">[batch], each from 1 to T, or null.</param>
    /// <param name="mask">[time, batch], or [batch, time], or null.</param>
    /// <param name="batchFirst">Which of both.</param>
    public static Variable<T> On<T>(Tape<T> tape, string who, int time, int batch, Tensor<int>? lengths, Tensor<bool>? mask, bool batchFirst)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (lengths is not null && mask is not null) Errors.Argument($"{who}: both lengths and a mask were given. Give one of them: a mask can say all that lengths say.");
        if (lengths is not null) return OfLengths(tape, who, time, batch, lengths);
        return mask is not null ? OfMask(tape, who, time, batch, mask, batchFirst) : default;
    }

    /// <summary>x at the steps that are real, and zero elsewhere whatever stands there; so is its gradient.</summary>
    public static Variable<T> Kept<T>(Variable<T> valid, Variable<T> x)
        where T : unmanaged, IFloatingPointIeee754<T> => valid.IsNone ? x : ChooseOperation<T>.Apply(valid, x, default);

    private static Variable<T> OfLengths<T>(Tape<T> tape, string who, int time, int batch, Tensor<int> lengths)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (lengths.Shape != new Shape(batch)) Errors.Shape($"{who}: the lengths have shape {lengths.Shape}; a batch of {batch} needs {batch} of them, [{batch}].");
        if (time == 0 && batch > 0) Errors.Argument($"{who}: lengths were given, but the input has no steps, and a length is 1 or more. Leave lengths out.");
        ReadOnlySpan<int> steps = lengths.Span;
        for (int b = 0; b < batch; b++)
        {
            if (steps[b] < 1 || steps[b] > time) Errors.OutOfRange(nameof(lengths), steps[b], $"{who}: the length of sequence {b} is {steps[b]}; it lies in 1 … {time}, the steps of the input.");
        }

        if (!steps.ContainsAnyExcept(time)) return default;
        Variable<T> valid = tape.Allocate([time, batch], out Span<T> values);
        for (int t = 0; t < time; t++)
        {
            for (int b = 0; b < batch; b++) values[(t * batch) + b] = t < steps[b] ? T.One : T.Zero;
        }

        return valid;
    }

    private static Variable<T> OfMask<T>(Tape<T> tape, string who, int time, int batch, Tensor<bool> mask, bool batchFirst)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Shape wanted = batchFirst ? [batch, time] : [time, batch];
        if (mask.Shape != wanted) Errors.Shape($"{who}: the mask has shape {mask.Shape}; for this input it must be {wanted}, {(batchFirst ? "[batch, time]" : "[time, batch]")}.");
        ReadOnlySpan<bool> given = mask.Span;
        (int step, int row) = batchFirst ? (1, time) : (batch, 1);
        for (int b = 0; b < batch && time > 0; b++)
        {
            bool any = false;
            for (int t = 0; t < time; t++) any |= given[(t * step) + (b * row)];
            if (!any) Errors.Argument($"{who}: the mask is false at every step of sequence {b}; each sequence needs at least one step. Leave the sequence out of the batch.");
        }

        if (!given.Contains(false)) return default;
        Variable<T> valid = tape.Allocate([time, batch], out Span<T> values);
        for (int t = 0; t < time; t++)
        {
            for (int b = 0; b < batch; b++) values[(t * batch) + b] = given[(t * step) + (b * row)] ? T.One : T.Zero;
        }

        return valid;
    }
}
