using System.Globalization;

namespace Autograd.Tests.Decoding;

/// <summary>A model whose logits are random numbers of the seed and all tokens read so far: any tree of continuations can be listed.</summary>
/// <remarks>The state holds the tokens as one number, twice, under the axes [2, rows, 1] of a layer's state.</remarks>
internal sealed class TreeModel(int vocabulary, int seed, double spread = 2) : StepModel<double, Variable<double>>
{
    public override int Vocabulary => vocabulary;

    public override int BatchAxis => 1;

    /// <summary>How often <see cref="Step"/> was called.</summary>
    public int Steps { get; private set; }

    public Variable<double> Root(Tape<double> tape, int rows) => tape.Zeros([2, rows, 1]);

    public override (Variable<double> Logits, Variable<double> State) Step(Tape<double> tape, Tensor<int> tokens, Variable<double> state)
    {
        Steps++;
        int rows = tokens.Length;
        Assert.Equal(new Shape(2, rows, 1), state.Shape);
        double[] codes = state.ToArray();
        List<double> logits = [];
        for (int row = 0; row < rows; row++)
        {
            Assert.Equal(codes[row], codes[rows + row]);
            codes[row] = codes[rows + row] = Read(codes[row], tokens.Span[row]);
            logits.AddRange(Logits(codes[row]));
        }

        return (tape.Constant([rows, vocabulary], [.. logits]), tape.Constant([2, rows, 1], codes));
    }

    public double Read(double code, int token) => (code * (vocabulary + 1)) + token + 1;

    public double[] Logits(double code)
    {
        RandomSource random = new((ulong)seed, (ulong)code);
        return [.. Enumerable.Range(0, vocabulary).Select(_ => spread * random.NextNormal())];
    }

    /// <summary>Every continuation up to a length, with its log-probability, by recursion.</summary>
    public IEnumerable<(int[] Tokens, double LogProbability, bool Ended)> Leaves(double code, int maxLength, int? endToken, int[]? before = null, double sum = 0)
    {
        before ??= [];
        double[] logits = Logits(code);
        double normalizer = Math.Log(logits.Sum(Math.Exp));
        for (int token = 0; token < vocabulary; token++)
        {
            double total = sum + logits[token] - normalizer;
            int[] tokens = [.. before, token];
            if (token == endToken) yield return (before, total, true);
            else if (tokens.Length == maxLength) yield return (tokens, total, false);
            else foreach ((int[], double, bool) leaf in Leaves(Read(code, token), maxLength, endToken, tokens, total)) yield return leaf;
        }
    }

    public static string Text(IEnumerable<int> tokens) => string.Join(' ', tokens.Select(static token => token.ToString(CultureInfo.InvariantCulture)));
}
