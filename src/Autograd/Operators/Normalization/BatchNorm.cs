namespace Autograd;

public readonly partial struct Variable<T>
{
    /// <summary>
    /// Normalizes each channel of [N, C], [N, C, L] or [N, C, H, W] over all samples: (x − mean) / √(variance + ε) ⊙ weight + bias. On a tape that trains,
    /// mean and variance are those of the batch, and the running ones move towards them; on a tape that evaluates, the running ones
    /// are used and stay. Ioffe and Szegedy 2015.
    /// </summary>
    /// <remarks>
    /// running ← (1 − momentum) running + momentum · batch, where the running variance takes the batch's with the divisor n − 1, as in
    /// PyTorch. An empty batch leaves them as they are.
    /// </remarks>
    /// <param name="runningMean">The running mean, [C]; changed in training.</param>
    /// <param name="runningVariance">The running variance, [C]; changed in training.</param>
    /// <param name="weight">The scale of each channel, [C]; none by default.</param>
    /// <param name="bias">The shift of each channel, [C]; none by default.</param>
    /// <param name="momentum">How far the running statistics move, from 0 to 1.</param>
    /// <param name="epsilon">ε, 0 or more.</param>
    /// <exception cref="ShapeException">Fewer than two axes or more than four, or statistics, weight or bias that are not [C].</exception>
    /// <exception cref="ArgumentException">One value for each channel in training, or a number out of range.</exception>
    public Variable<T> BatchNorm(
        Tensor<T> runningMean,
        Tensor<T> runningVariance,
        Variable<T>? weight = null,
        Variable<T>? bias = null,
        double momentum = 0.1,
        double epsilon = 1e-5)
    {
        ArgumentNullException.ThrowIfNull(runningMean);
        ArgumentNullException.ThrowIfNull(runningVariance);
        Shape shape = Shape;
        if (shape.Rank is < 2 or > 4) Errors.Shape($"BatchNorm: the input has shape {shape}; it needs two to four axes, [N, C], [N, C, L] or [N, C, H, W]. Merge further axes with Reshape first.");
        Shape channels = [shape[1]];
        if (runningMean.Shape != channels || runningVariance.Shape != channels)
        {
            Errors.Shape($"BatchNorm: the input of shape {shape} has {shape[1]} channels, so the running mean and variance need shape {channels}, not {runningMean.Shape} and {runningVariance.Shape}.");
        }

        NormalizeOperation<T>.RequireParameter("BatchNorm", "weight", weight, channels, shape);
        NormalizeOperation<T>.RequireParameter("BatchNorm", "bias", bias, channels, shape);
        NormalizeOperation<T>.RequireEpsilon("BatchNorm", epsilon);
        if (!(momentum >= 0 && momentum <= 1)) Errors.OutOfRange(nameof(momentum), momentum, $"BatchNorm: momentum lies in 0 … 1, not {momentum}.");
        return Tape.Training
            ? NormalizeByBatch(runningMean, runningVariance, weight, bias, momentum, epsilon)
            : NormalizeByRunning(runningMean, runningVariance, weight, bias, epsilon);
    }

    private Variable<T> NormalizeByBatch(
        Tensor<T> runningMean, Tensor<T> runningVariance, Variable<T>? weight, Variable<T>? bias, double momentum, double epsilon)
    {
        Shape shape = Shape;
        int channels = shape[1], inner = shape.Product(2, shape.Rank), count = shape[0] * inner;
        if (count == 1)
        {
            Errors.Argument($"BatchNorm: the input of shape {shape} has one value for each channel, of which there is no variance. Train with larger batches, or evaluate on a tape with training: false.");
        }

        // Channels first, so that a row holds all values of a channel.
        Variable<T> x = Reshape(new Shape(shape[0], channels, inner)).Permute(1, 0, 2);
        (Variable<T> rows, Variable<T> statistics) = NormalizeOperation<T>.OverChannels("BatchNorm", x, weight, bias, epsilon);
        if (count > 0 && !Tape.RunsAgain)
        {
            ReadOnlySpan<T> batch = statistics.Span;
            Move(runningMean, batch[..channels], momentum, 1);
            Move(runningVariance, batch[channels..], momentum, count / (count - 1.0));
        }

        return rows.Permute(1, 0, 2).Reshape(shape);
    }

    private Variable<T> NormalizeByRunning(Tensor<T> runningMean, Tensor<T> runningVariance, Variable<T>? weight, Variable<T>? bias, double epsilon)
    {
        Shape perChannel = Shape.Rank == 2 ? [Shape[1]] : new Shape([Shape[1], .. Enumerable.Repeat(1, Shape.Rank - 2)]);
        Variable<T> root = (Tape.Constant(runningVariance) + epsilon).Sqrt();
        Variable<T> scale = weight is { } given ? given / root : root.Reciprocal();
        Variable<T> y = (this - Tape.Constant(runningMean).Reshape(perChannel)) * scale.Reshape(perChannel);
        return bias is { } shift ? y + shift.Reshape(perChannel) : y;
    }

    private static void Move(Tensor<T> running, ReadOnlySpan<T> batch, double momentum, double factor)
    {
        Span<T> values = running.Writable;
        for (int i = 0; i < values.Length; i++)
        {
            double moved = ((1 - momentum) * double.CreateTruncating(values[i])) + (momentum * factor * double.CreateTruncating(batch[i]));
            values[i] = T.CreateTruncating(moved);
        }

        running.Changed();
    }
}
