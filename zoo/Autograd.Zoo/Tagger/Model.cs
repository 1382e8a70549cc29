using System.Numerics;

namespace Autograd.Zoo.Tagger;

/// <summary>Sentences as the tagger reads them.</summary>
/// <param name="Words">Numbers of words, [time, batch], with the lengths.</param>
/// <param name="Spelled">The distinct words letter by letter, [letters, words], with the lengths.</param>
/// <param name="Places">Which of the distinct words stands where, [time, batch].</param>
internal readonly record struct TaggedBatch(PaddedSequences Words, PaddedSequences Spelled, Tensor<int> Places);

/// <summary>
/// A word is what it is and how it is spelled: the vector of the word beside the last states of an LSTM that reads its letters in both
/// directions. Over the words runs another LSTM in both directions, and gives a score for each tag: x_t = [E w_t; →c; ←c],
/// h_t = [→h_t; ←h_t], s_t = W h_t + b. The tags are the best ones of each word, or with a conditional random field the best chain. After
/// Lample et al. 2016 (arXiv:1603.01360).
/// </summary>
internal sealed class TaggerNetwork<T> : Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Embedding<T> _words, _letters;
    private readonly Lstm<T> _spelling, _sentence;
    private readonly Dropout<T> _dropout;
    private readonly Linear<T> _head;
    private readonly LinearChainCrf<T>? _crf;

    public TaggerNetwork(int words, int letters, int tags, TaggerSizes sizes)
    {
        _words = AddModule("words", new Embedding<T>(words, sizes.Embedding));
        _letters = AddModule("letters", new Embedding<T>(letters, sizes.Spelling));
        _spelling = AddModule("spelling", new Lstm<T>(sizes.Spelling, sizes.Spelling, bidirectional: true));
        _sentence = AddModule("sentence", new Lstm<T>(sizes.Embedding + (2 * sizes.Spelling), sizes.Hidden, bidirectional: true));
        _dropout = AddModule("dropout", new Dropout<T>(sizes.Dropout));
        _head = AddModule("head", new Linear<T>(2 * sizes.Hidden, tags));
        if (sizes.Crf) _crf = AddModule("crf", new LinearChainCrf<T>(tags));
    }

    /// <summary>The scores of each tag, [time, batch, tags].</summary>
    public Variable<T> Forward(Tape<T> tape, TaggedBatch batch)
    {
        Variable<T> last = _spelling.FinalState(_letters.Forward(tape, batch.Spelled.Values), lengths: batch.Spelled.Lengths).H;
        Variable<T> spelled = Variable.Embedding(Variable.Concat(last[0], last[1]), batch.Places);
        Variable<T> x = _dropout.Forward(Variable.Concat(_words.Forward(tape, batch.Words.Values), spelled));
        Variable<T> h = _sentence.Forward(x, lengths: batch.Words.Lengths).Outputs;
        return _head.Forward(_dropout.Forward(h));
    }

    /// <summary>−ln p of the tags [time, batch], as a mean over words, or with a conditional random field over sentences.</summary>
    public Variable<T> Loss(Variable<T> scores, Tensor<int> tags, Tensor<int> lengths, int ignored) => _crf is null
        ? scores.CrossEntropy(tags, ignoreIndex: ignored)
        : _crf.Loss(scores, tags, lengths);

    /// <summary>The tags [time, batch]; what stands beyond a length means nothing.</summary>
    public Tensor<int> Tags(Variable<T> scores, Tensor<int> lengths) => _crf is null ? scores.ArgMax(-1) : _crf.Viterbi(scores, lengths).Tags;
}

/// <summary>Sizes of a tagger.</summary>
internal readonly record struct TaggerSizes(int Embedding, int Spelling, int Hidden, double Dropout, bool Crf);
