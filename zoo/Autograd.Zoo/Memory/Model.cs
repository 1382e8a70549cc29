using System.Numerics;

namespace Autograd.Zoo.Memory;

/// <summary>h_t = cell(x_t, h_{t−1}), y_t = W h_t + b: a recurrent layer that is asked at the end for what it read long before.</summary>
internal sealed class MemoryNetwork<T> : Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly SequenceLayer<T> _recurrent;
    private readonly Linear<T> _head;

    public MemoryNetwork(SequenceLayer<T> recurrent, int outputs)
    {
        _recurrent = AddModule("rnn", recurrent);
        _head = AddModule("head", new Linear<T>(recurrent.OutputSize!.Value, outputs));
    }

    /// <summary>Inputs [time, batch, features] to what it says at the last steps, [steps, batch, outputs].</summary>
    public Variable<T> Forward(Variable<T> input, int steps) => _head.Forward(_recurrent.Outputs(input)[^steps..]);
}
