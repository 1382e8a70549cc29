namespace Autograd.Zoo.CharLm;

/// <summary>
/// A recurrent language model over characters: at each step it reads one character, as a one-hot row, and gives the logits of
/// the next. h_t = cell(x_t, h_{t−1}), logits_t = W h_t + b.
/// </summary>
internal sealed class CharacterModel<TState> : Module<float>
    where TState : struct, IState<TState, float>
{
    private readonly RecurrentLayer<float, TState> _recurrent;
    private readonly Linear<float> _head;
    private readonly int _characters;

    public CharacterModel(RecurrentLayer<float, TState> recurrent)
    {
        _characters = recurrent.InputSize;
        _recurrent = AddModule("rnn", recurrent);
        _head = AddModule("head", new Linear<float>(recurrent.HiddenSize, _characters));
    }

    public TState ZeroState(Tape<float> tape, int batch) => _recurrent.ZeroState(tape, batch);

    /// <summary>Characters [time, batch] to logits [time, batch, characters] and the state after the last.</summary>
    public (Variable<float> Logits, TState State) Forward(Tape<float> tape, Tensor<int> characters, TState state)
    {
        (Variable<float> outputs, state) = _recurrent.Forward(tape.OneHot(characters, _characters), state);
        return (_head.Forward(outputs), state);
    }
}
