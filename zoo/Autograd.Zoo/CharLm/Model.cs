using System.Numerics;

namespace Autograd.Zoo.CharLm;

/// <summary>
/// A recurrent language model over characters: at each step it reads one character, as a one-hot row, and gives the logits of
/// the next. h_t = cell(x_t, h_{t−1}), logits_t = W h_t + b.
/// </summary>
internal sealed class CharacterModel<T, TState> : Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    private readonly RecurrentLayer<T, TState> _recurrent;
    private readonly Linear<T> _head;
    private readonly int _characters;

    public CharacterModel(RecurrentLayer<T, TState> recurrent)
    {
        _characters = recurrent.InputSize;
        _recurrent = AddModule("rnn", recurrent);
        _head = AddModule("head", new Linear<T>(recurrent.HiddenSize, _characters));
    }

    public TState ZeroState(Tape<T> tape, int batch) => _recurrent.ZeroState(tape, batch);

    /// <summary>Characters [time, batch] to logits [time, batch, characters] and the state after the last.</summary>
    public (Variable<T> Logits, TState State) Forward(Tape<T> tape, Tensor<int> characters, TState state)
    {
        (Variable<T> outputs, state) = _recurrent.Forward(tape.OneHot(characters, _characters), state);
        return (_head.Forward(outputs), state);
    }
}
