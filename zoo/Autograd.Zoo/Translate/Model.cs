using System.Numerics;

namespace Autograd.Zoo.Translate;

/// <summary>
/// Reads a sentence in both directions, h_t = [→h_t; ←h_t], and writes another one word by word: at each one it looks where it now should,
/// weights = softmax over t of vᵀ tanh(W s + U h_t), c = Σ weights h_t, and goes on with s = cell([E y; c], s), r = tanh(R [s; c] + b), logits = W r + b.
/// After Bahdanau, Cho and Bengio 2015 (arXiv:1409.0473).
/// </summary>
internal sealed class Translator<T> : Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Embedding<T> _words;
    private readonly Dropout<T> _dropout;
    private readonly Gru<T> _encoder;
    private readonly Linear<T> _bridge;

    public Translator(int sourceWords, int targetWords, TranslatorSizes sizes)
    {
        int read = 2 * sizes.Encoder;
        _words = AddModule("words", new Embedding<T>(sourceWords, sizes.Embedding));
        _dropout = AddModule("dropout", new Dropout<T>(sizes.Dropout));
        _encoder = AddModule("encoder", new Gru<T>(sizes.Embedding, sizes.Encoder, bidirectional: true));
        _bridge = AddModule("bridge", new Linear<T>(read, sizes.Decoder));
        Decoder = AddModule("decoder", new Decoder<T, Hidden<T>>(
            targetWords, sizes.Embedding, new GruCell<T>(sizes.Embedding + read, sizes.Decoder), new AdditiveAttention<T>(sizes.Decoder, read, sizes.Decoder),
            sizes.Dropout, sizes.Readout));
    }

    /// <summary>Writes the translation.</summary>
    public Decoder<T, Hidden<T>> Decoder { get; }

    /// <summary>What the decoder starts from: s_0 = tanh(W [last →h; last ←h] + b), and all h_t to look at.</summary>
    public DecoderState<T, Hidden<T>> Read(Tape<T> tape, PaddedSequences sentences)
    {
        (Variable<T> outputs, Hidden<T> last) = _encoder.Forward(_dropout.Forward(_words.Forward(tape, sentences.Values)), lengths: sentences.Lengths);
        Variable<T> start = _bridge.Forward(Variable.Concat(last.H[0], last.H[1])).Tanh();
        return Decoder.Start(new Hidden<T>(start), _dropout.Forward(outputs), sentences.Lengths);
    }
}

/// <summary>Sizes of a translator: features of a word, of the state that reads in each direction, of the state that writes, and of
/// what the next word is told from.</summary>
internal readonly record struct TranslatorSizes(int Embedding, int Encoder, int Decoder, int Readout, double Dropout);
