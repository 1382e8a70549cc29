using System.Numerics;
using Autograd.Zoo.Digits;

namespace Autograd.Zoo.Speller;

/// <summary>
/// Convolutions look at a picture and give the state that a recurrent decoder begins to write from: h_0 = tanh(conv(x)), of which an LSTM
/// takes both its parts; h_t = cell(E y_{t−1}, h_{t−1}), logits_t = W h_t + b, where y_0 is the mark. After Vinyals et al. 2015
/// (arXiv:1411.4555).
/// </summary>
internal sealed class SpellerNetwork<T, TState> : Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    private readonly ConvolutionalNetwork<T> _encoder;

    public SpellerNetwork(int rows, int columns, int channels, double dropout, int letters, int embedding, RecurrentCell<T, TState> cell)
    {
        _encoder = AddModule("encoder", new ConvolutionalNetwork<T>(rows, columns, channels, dropout, cell.HiddenSize));
        Decoder = AddModule("decoder", new Decoder<T, TState>(letters, embedding, cell));
    }

    public Decoder<T, TState> Decoder { get; }

    /// <summary>From pictures [batch, 1, rows, columns] to the state before the first letter, each part [batch, hidden].</summary>
    public DecoderState<T, TState> Begin(Variable<T> pictures)
    {
        EveryPart begin = new(_encoder.Forward(pictures).Tanh());
        return Decoder.Start(default(TState).Map(ref begin));
    }

    private readonly struct EveryPart(Variable<T> value) : IVariableMap<T>
    {
        public Variable<T> Apply(Variable<T> variable) => value;
    }
}
