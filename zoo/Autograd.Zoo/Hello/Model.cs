using System.Numerics;

namespace Autograd.Zoo.Hello;

/// <summary>One letter in, the next one out: h_t = cell(x_t, h_{t−1}), p_t = softmax(W h_t + b), with x_t one-hot.</summary>
internal sealed class LetterNetwork<T, TState> : Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    private readonly RecurrentLayer<T, TState> _recurrent;
    private readonly Linear<T> _head;

    public LetterNetwork(RecurrentLayer<T, TState> recurrent, int letters)
    {
        _recurrent = AddModule("rnn", recurrent);
        _head = AddModule("head", new Linear<T>(recurrent.HiddenSize, letters));
    }

    public TState Begin(Tape<T> tape) => _recurrent.ZeroState(tape, 1);

    /// <summary>Letters [time, 1] to logits of the next ones [time, 1, letters].</summary>
    public (Variable<T> Logits, TState State) Forward(Tape<T> tape, Tensor<int> letters, TState state)
    {
        (Variable<T> outputs, state) = _recurrent.Forward(tape.OneHot(letters, _recurrent.InputSize), state);
        return (_head.Forward(outputs), state);
    }
}

/// <summary>The same network with each of the three cells, side by side.</summary>
internal sealed class HelloNetwork<T> : Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public HelloNetwork(int letters, int hidden)
    {
        Rnn = AddModule("rnn", new LetterNetwork<T, Hidden<T>>(new Rnn<T>(letters, hidden), letters));
        Lstm = AddModule("lstm", new LetterNetwork<T, LstmState<T>>(new Lstm<T>(letters, hidden), letters));
        Gru = AddModule("gru", new LetterNetwork<T, Hidden<T>>(new Gru<T>(letters, hidden), letters));
    }

    public LetterNetwork<T, Hidden<T>> Rnn { get; }

    public LetterNetwork<T, LstmState<T>> Lstm { get; }

    public LetterNetwork<T, Hidden<T>> Gru { get; }
}
