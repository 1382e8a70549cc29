using System.Numerics;

namespace Autograd.Zoo.Names;

/// <summary>
/// Letters one after the other, each a function of those before it: e_t = E x_t, h_t = cell(e_t, h_{t−1}), logits_t = W h_t + b. It begins with the
/// mark, which stands for nothing yet, and ends when it gives the mark again.
/// </summary>
internal sealed class NamesNetwork<T, TState> : Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    private readonly Embedding<T> _embedding;
    private readonly RecurrentLayer<T, TState> _recurrent;
    private readonly Linear<T> _head;

    public NamesNetwork(int letters, int embedding, RecurrentLayer<T, TState> recurrent)
    {
        _embedding = AddModule("embedding", new Embedding<T>(letters, embedding));
        _recurrent = AddModule("rnn", recurrent);
        _head = AddModule("head", new Linear<T>(recurrent.HiddenSize, letters));
    }

    public TState Begin(Tape<T> tape, int batch) => _recurrent.ZeroState(tape, batch);

    /// <summary>Letters [time, batch] to logits of the next ones [time, batch, letters].</summary>
    public (Variable<T> Logits, TState State) Forward(Tape<T> tape, Tensor<int> letters, TState state)
    {
        (Variable<T> outputs, state) = _recurrent.Forward(_embedding.Forward(tape, letters), state);
        return (_head.Forward(outputs), state);
    }
}
