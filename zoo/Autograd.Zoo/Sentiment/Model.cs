using System.Numerics;

namespace Autograd.Zoo.Sentiment;

/// <summary>
/// A network that reads sentences, [time, batch] with their lengths, and gives two logits for each. A word is a vector that is learned, and
/// beside it one number that is counted: how much more sentences with it praise than blame (after Wang and Manning 2012).
/// </summary>
internal abstract class SentenceClassifier<T> : Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Most words come a few times only; from large vectors the network would learn their noise by heart.
    private const double SmallVectors = 0.1;

    private readonly Embedding<T> _embedding;
    private readonly Tensor<T> _leanings;

    /// <param name="leanings">The counted number of each word, [words, 1]; it goes into checkpoints.</param>
    /// <param name="embedding">Features of a word that are learned.</param>
    /// <param name="dropout">The share of features dropped of words, and of what the head reads.</param>
    protected SentenceClassifier(Tensor<T> leanings, int embedding, double dropout)
    {
        _embedding = AddModule("embedding", new Embedding<T>(leanings.Shape[0], embedding, paddingIndex: 0, SmallVectors));
        _leanings = AddBuffer("leanings", leanings);
        Dropout = AddModule("dropout", new Dropout<T>(dropout));
    }

    protected Dropout<T> Dropout { get; }

    /// <summary>Two logits for each sentence, [batch, 2].</summary>
    public abstract Variable<T> Forward(Tape<T> tape, PaddedSequences sentences);

    /// <summary>Words [time, batch] as vectors [time, batch, embedding + 1]; padding is 0.</summary>
    protected Variable<T> Vectors(Tape<T> tape, Tensor<int> words) =>
        Dropout.Forward(Variable.Concat(_embedding.Forward(tape, words), Variable.Embedding(tape.Constant(_leanings), words)));
}

/// <summary>
/// Words as vectors, a recurrent layer in one direction or both, and the largest value of each of its features over the sentence:
/// e_t = [E x_t; r x_t], h_t = cell(e_t, h_{t∓1}), m = max_t h_t, logits = W m + b.
/// </summary>
internal sealed class RecurrentClassifier<T> : SentenceClassifier<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly SequenceLayer<T> _recurrent;
    private readonly Linear<T> _head;

    public RecurrentClassifier(Tensor<T> leanings, int embedding, string cell, int hidden, RecurrentDirection direction, double dropout)
        : base(leanings, embedding, dropout)
    {
        RecurrentOptions options = new() { Direction = direction };
        _recurrent = AddModule<SequenceLayer<T>>("rnn", cell switch
        {
            "rnn" => new Rnn<T>(embedding + 1, hidden, options),
            "lstm" => new Lstm<T>(embedding + 1, hidden, options),
            _ => new Gru<T>(embedding + 1, hidden, options),
        });
        _head = AddModule("head", new Linear<T>(_recurrent.OutputSize!.Value, 2));
    }

    public override Variable<T> Forward(Tape<T> tape, PaddedSequences sentences)
    {
        Variable<T> h = _recurrent.Outputs(Vectors(tape, sentences.Values), sentences.Lengths);
        return _head.Forward(Dropout.Forward(h.MaxOverTime(sentences.Lengths)));
    }
}

/// <summary>
/// Words as vectors, convolutions over three, four and five of them, and the largest value of each filter over the sentence. Kim 2014
/// (arXiv:1408.5882).
/// </summary>
internal sealed class ConvolutionalClassifier<T> : SentenceClassifier<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private static readonly int[] Widths = [3, 4, 5];

    private readonly Conv1d<T>[] _convolutions;
    private readonly Linear<T> _head;

    public ConvolutionalClassifier(Tensor<T> leanings, int embedding, int filters, double dropout)
        : base(leanings, embedding, dropout)
    {
        _convolutions = [.. Widths.Select(width => AddModule($"conv{width}", new Conv1d<T>(embedding + 1, filters, width, padding: width - 1)))];
        _head = AddModule("head", new Linear<T>(filters * Widths.Length, 2));
    }

    public override Variable<T> Forward(Tape<T> tape, PaddedSequences sentences)
    {
        Variable<T> x = Vectors(tape, sentences.Values).Permute(1, 2, 0); // [batch, features, time]
        Variable<T>[] largest = new Variable<T>[Widths.Length];
        for (int i = 0; i < Widths.Length; i++)
        {
            // A sentence of n words has n + width − 1 windows that touch it.
            int more = Widths[i] - 1;
            Tensor<int> windows = Tensor.From([.. sentences.Lengths.ToArray().Select(length => length + more)]);
            largest[i] = _convolutions[i].Forward(x).Relu().Permute(2, 0, 1).MaxOverTime(windows);
        }

        return _head.Forward(Dropout.Forward(Variable.Concat(largest, -1)));
    }
}
