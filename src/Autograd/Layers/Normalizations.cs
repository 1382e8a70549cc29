using System.Numerics;

namespace Autograd;

/// <summary>What normalizations with one weight and bias for each channel share.</summary>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public abstract class ChannelNormalization<T> : Layer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private protected ChannelNormalization(int channels, double epsilon, bool affine)
    {
        string name = GetType().Name.Split('`')[0];
        Sizes.RequirePositive(name, nameof(channels), channels);
        NormalizeOperation<T>.RequireEpsilon(name, epsilon);
        Channels = channels;
        Epsilon = epsilon;
        if (!affine) return;
        Weight = AddParameter("weight", [channels], Initializer.Ones, decays: false);
        Bias = AddParameter("bias", [channels], Initializer.Zeros, decays: false);
    }

    /// <summary>The size C of the input's second axis.</summary>
    public int Channels { get; }

    /// <summary>ε, added to the variance.</summary>
    public double Epsilon { get; }

    /// <summary>The scale of each channel, [C], ones at first; null without.</summary>
    public Parameter<T>? Weight { get; }

    /// <summary>The shift of each channel, [C], zeros at first; null without.</summary>
    public Parameter<T>? Bias { get; }

    /// <inheritdoc/>
    /// <exception cref="ShapeException">The input's second axis is not the number of channels.</exception>
    /// <exception cref="ArgumentException">There is one value for each channel, of which there is no variance.</exception>
    public sealed override Variable<T> Forward(Variable<T> input)
    {
        Shape shape = input.Shape;
        if (shape.Rank < 2 || shape[1] != Channels)
        {
            Errors.Shape($"{GetType().Name.Split('`')[0]}: the input of shape {shape} needs {Channels} channels in its second axis, [N, {Channels}, …], as the layer was built.");
        }

        return Normalize(input, Weight?.On(input.Tape), Bias?.On(input.Tape));
    }

    private protected abstract Variable<T> Normalize(Variable<T> input, Variable<T>? weight, Variable<T>? bias);
}

/// <summary>
/// Normalizes each channel of [N, C], [N, C, L] or [N, C, H, W] over all samples. Training takes mean and variance of the batch and moves the running ones
/// towards them; a tape that evaluates takes the running ones.
/// </summary>
/// <remarks>
/// One layer for what PyTorch calls BatchNorm1d and 2d, with their names: parameters <c>weight</c>, <c>bias</c>, buffers
/// <c>running_mean</c> (zeros at first), <c>running_var</c> (ones). There is no <c>num_batches_tracked</c>. Ioffe and Szegedy 2015.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class BatchNorm<T> : ChannelNormalization<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Declares the layer.</summary>
    /// <param name="channels">The size C of the input's second axis.</param>
    /// <param name="epsilon">ε, added to the variance.</param>
    /// <param name="momentum">How far the running statistics move towards those of a batch, from 0 to 1.</param>
    /// <param name="affine">Whether there are weight and bias.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of range.</exception>
    public BatchNorm(int channels, double epsilon = 1e-5, double momentum = 0.1, bool affine = true)
        : base(channels, epsilon, affine)
    {
        if (!(momentum >= 0 && momentum <= 1)) Errors.OutOfRange(nameof(momentum), momentum, $"BatchNorm: momentum lies in 0 … 1, not {momentum}.");
        Momentum = momentum;
        RunningMean = AddBuffer("running_mean", new Tensor<T>([channels]));
        RunningVariance = AddBuffer("running_var", new Tensor<T>([channels]));
        RunningVariance.Fill(T.One);
    }

    /// <summary>How far the running statistics move towards those of a batch.</summary>
    public double Momentum { get; }

    /// <summary>The running mean, [C].</summary>
    public Tensor<T> RunningMean { get; }

    /// <summary>The running variance, [C].</summary>
    public Tensor<T> RunningVariance { get; }

    private protected override Variable<T> Normalize(Variable<T> input, Variable<T>? weight, Variable<T>? bias) =>
        input.BatchNorm(RunningMean, RunningVariance, weight, bias, Momentum, Epsilon);
}

/// <summary>Normalizes each group of channels of each sample of [N, C, …].</summary>
/// <remarks>Parameters <c>weight</c> (ones) and <c>bias</c> (zeros), [C]. Wu and He 2018.</remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class GroupNorm<T> : ChannelNormalization<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Declares the layer.</summary>
    /// <param name="groups">The number of groups, which divides the channels.</param>
    /// <param name="channels">The size C of the input's second axis.</param>
    /// <param name="epsilon">ε, added to the variance.</param>
    /// <param name="affine">Whether there are weight and bias.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of range, or groups that do not divide the channels.</exception>
    public GroupNorm(int groups, int channels, double epsilon = 1e-5, bool affine = true)
        : base(channels, epsilon, affine)
    {
        if (groups < 1 || channels % groups != 0) Errors.OutOfRange(nameof(groups), groups, $"GroupNorm: {groups} groups do not divide {channels} channels.");
        Groups = groups;
    }

    /// <summary>The number of groups.</summary>
    public int Groups { get; }

    private protected override Variable<T> Normalize(Variable<T> input, Variable<T>? weight, Variable<T>? bias) =>
        input.GroupNorm(Groups, weight, bias, Epsilon);
}

/// <summary>Normalizes each channel of each sample of [N, C, …] by itself.</summary>
/// <remarks>Parameters, where asked for, <c>weight</c> (ones) and <c>bias</c> (zeros), [C]; none by default, as in PyTorch. Ulyanov et al. 2016.</remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class InstanceNorm<T> : ChannelNormalization<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Declares the layer.</summary>
    /// <param name="channels">The size C of the input's second axis.</param>
    /// <param name="epsilon">ε, added to the variance.</param>
    /// <param name="affine">Whether there are weight and bias.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of range.</exception>
    public InstanceNorm(int channels, double epsilon = 1e-5, bool affine = false)
        : base(channels, epsilon, affine)
    {
    }

    private protected override Variable<T> Normalize(Variable<T> input, Variable<T>? weight, Variable<T>? bias) => input.InstanceNorm(weight, bias, Epsilon);
}
