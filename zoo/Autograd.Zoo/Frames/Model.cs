using System.Numerics;

namespace Autograd.Zoo.Frames;

/// <summary>
/// Convolutions look at each frame, a recurrent layer at what they saw: v_t = conv(x_t), h_t = cell(v_t, h_{t−1}), logits_t = W h_t + b.
/// </summary>
internal sealed class FramesNetwork<T> : Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Conv2d<T> _first, _second;
    private readonly SequenceLayer<T> _recurrent;
    private readonly Linear<T> _features, _head;

    public FramesNetwork(int channels, int features, SequenceLayer<T> recurrent)
    {
        const int Quarter = FramesData.Size / 4;
        _first = AddModule("conv1", new Conv2d<T>(1, channels, 3, padding: 1));
        _second = AddModule("conv2", new Conv2d<T>(channels, 2 * channels, 3, padding: 1));
        _features = AddModule("features", new Linear<T>(2 * channels * Quarter * Quarter, features));
        _recurrent = AddModule("rnn", recurrent);
        _head = AddModule("head", new Linear<T>(recurrent.OutputSize!.Value, FramesData.Moves.Length));
    }

    /// <summary>Films [time, batch, 1, rows, columns] to logits [time, batch, moves].</summary>
    public Variable<T> Forward(Variable<T> films)
    {
        (int time, int batch) = (films.Shape[0], films.Shape[1]);
        Variable<T> x = films.Reshape(time * batch, 1, FramesData.Size, FramesData.Size);
        x = _first.Forward(x).Relu().MaxPool2d(2);
        x = _second.Forward(x).Relu().MaxPool2d(2);
        x = _features.Forward(x.Reshape(time, batch, x.Length / (time * batch))).Relu();
        return _head.Forward(_recurrent.Outputs(x));
    }
}
