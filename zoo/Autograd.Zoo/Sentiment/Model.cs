using System.Numerics;

namespace Autograd.Zoo.Sentiment;

/// <summary>A network that reads sentences, [time, batch] with their lengths, and gives two logits for each.</summary>
internal abstract class SentenceClassifier<T> : Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Most words come a few times only; from large vectors the network would learn their noise by heart.
    protected const double SmallVectors = 0.1;

    public abstract Variable<T> Forward(Tape<T> tape, PaddedSequences sentences);
}

/// <summary>
/// Words as vectors, a recurrent layer in one direction or both, and the largest value of each of its features over the sentence:
/// e_t = E x_t, h_t = cell(e_t, h_{t∓1}), m = max_t h_t, logits = W m + b.
/// </summary>
internal sealed class RecurrentClassifier<T> : SentenceClassifier<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Embedding<T> _embedding;
    private readonly SequenceLayer<T> _recurrent;
    private readonly Dropout<T> _dropout;
    private readonly Linear<T> _head;

    public RecurrentClassifier(int words, int embedding, string cell, int hidden, RecurrentDirection direction, double dropout)
    {
        RecurrentOptions options = new() { Direction = direction };
        _embedding = AddModule("embedding", new Embedding<T>(words, embedding, standardDeviation: SmallVectors));
        _recurrent = AddModule<SequenceLayer<T>>("rnn", cell switch
        {
            "rnn" => new Rnn<T>(embedding, hidden, options),
            "lstm" => new Lstm<T>(embedding, hidden, options),
            _ => new Gru<T>(embedding, hidden, options),
        });
        _dropout = AddModule("dropout", new Dropout<T>(dropout));
        _head = AddModule("head", new Linear<T>(_recurrent.OutputSize!.Value, 2));
    }

    public override Variable<T> Forward(Tape<T> tape, PaddedSequences sentences)
    {
        Variable<T> x = _dropout.Forward(_embedding.Forward(tape, sentences.Values));
        Variable<T> h = _recurrent.Outputs(x, sentences.Lengths);
        return _head.Forward(_dropout.Forward(h.MaxOverTime(sentences.Lengths)));
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

    private readonly Embedding<T> _embedding;
    private readonly Conv1d<T>[] _convolutions;
    private readonly Dropout<T> _dropout;
    private readonly Linear<T> _head;

    public ConvolutionalClassifier(int words, int embedding, int filters, double dropout)
    {
        _embedding = AddModule("embedding", new Embedding<T>(words, embedding, paddingIndex: 0, SmallVectors));
        _convolutions = [.. Widths.Select(width => AddModule($"conv{width}", new Conv1d<T>(embedding, filters, width, padding: width - 1)))];
        _dropout = AddModule("dropout", new Dropout<T>(dropout));
        _head = AddModule("head", new Linear<T>(filters * Widths.Length, 2));
    }

    public override Variable<T> Forward(Tape<T> tape, PaddedSequences sentences)
    {
        Variable<T> x = _dropout.Forward(_embedding.Forward(tape, sentences.Values)).Permute(1, 2, 0); // [batch, features, time]
        Variable<T>[] largest = new Variable<T>[Widths.Length];
        for (int i = 0; i < Widths.Length; i++)
        {
            // A sentence of n words has n + width − 1 windows that touch it.
            int more = Widths[i] - 1;
            Tensor<int> windows = Tensor.From([.. sentences.Lengths.ToArray().Select(length => length + more)]);
            largest[i] = _convolutions[i].Forward(x).Relu().Permute(2, 0, 1).MaxOverTime(windows);
        }

        return _head.Forward(_dropout.Forward(Variable.Concat(largest, -1)));
    }
}
