using System.Numerics;

namespace Autograd.Zoo.SpokenDigits;

/// <summary>
/// Three convolutions over the samples themselves, each with batch normalization and ReLU and each at a longer stride than one, so that of 8,000
/// steps a second 200 are left; a recurrent layer over these, and the largest value of each of its features over the sound:
/// v = relu(norm(conv(x))) three times, h_t = gru(v_t, h_{t−1}), m = max_t h_t, logits = W m + b.
/// </summary>
internal sealed class SpokenNetwork<T> : Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private static readonly (int Kernel, int Stride)[] Windows = [(41, 5), (9, 4), (5, 2)];

    private readonly Conv1d<T>[] _convolutions;
    private readonly BatchNorm<T>[] _norms;
    private readonly SequenceLayer<T> _recurrent;
    private readonly Dropout<T> _dropout;
    private readonly Linear<T> _head;

    public SpokenNetwork(int channels, int hidden, double dropout)
    {
        int[] sizes = [1, channels, 2 * channels, 2 * channels];
        // The shift of a normalization makes a bias before it useless. Half a window of padding at each end leaves ⌈length / stride⌉ steps.
        _convolutions = [.. Windows.Select((window, i) => AddModule(
            $"conv{i + 1}", new Conv1d<T>(sizes[i], sizes[i + 1], window.Kernel, window.Stride, window.Kernel / 2, bias: false)))];
        _norms = [.. Windows.Select((_, i) => AddModule($"norm{i + 1}", new BatchNorm<T>(sizes[i + 1])))];
        _recurrent = AddModule("rnn", new Gru<T>(sizes[^1], hidden));
        _dropout = AddModule("dropout", new Dropout<T>(dropout));
        _head = AddModule("head", new Linear<T>(hidden, 10));
    }

    /// <summary>From sounds [batch, 1, samples] with their lengths to logits [batch, 10]. What stands behind the end of a sound has no part in it.</summary>
    public Variable<T> Forward(Variable<T> sounds, int[] lengths)
    {
        Variable<T> x = sounds;
        for (int i = 0; i < Windows.Length; i++)
        {
            lengths = [.. lengths.Select(length => ((length - 1) / Windows[i].Stride) + 1)];
            x = _norms[i].Forward(_convolutions[i].Forward(x)).Relu();
            // Silence again behind the end, so that the next window finds there what it would find without a longer sound beside.
            if (lengths.Min() < x.Shape[2]) x = x.MaskedFill(Behind(lengths, x.Shape[2]), 0);
        }

        Tensor<int> steps = new([lengths.Length], lengths);
        Variable<T> h = _recurrent.Outputs(x.Permute(2, 0, 1), steps);
        return _head.Forward(_dropout.Forward(h.MaxOverTime(steps)));
    }

    /// <summary>Whether a step is behind the end of a sound, [batch, 1, steps].</summary>
    private static Tensor<bool> Behind(int[] lengths, int steps)
    {
        Tensor<bool> behind = new([lengths.Length, 1, steps]);
        behind.Write(values =>
        {
            for (int b = 0; b < lengths.Length; b++) values.Slice((b * steps) + lengths[b], steps - lengths[b]).Fill(true);
        });
        return behind;
    }
}
