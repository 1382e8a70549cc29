namespace Autograd.Zoo.CharLm;

/// <summary>
/// Chooses a class from logits: by softmax(logits / temperature), restricted to the top-k most probable and to the fewest
/// whose probabilities add up to top-p.
/// </summary>
/// <param name="temperature">0 takes the most probable; 1 leaves the distribution as it is.</param>
/// <param name="topK">How many classes may be chosen; 0 for all.</param>
/// <param name="topP">The probability that the classes together must reach; 1 for all.</param>
internal sealed class Sampler(double temperature, int topK, double topP)
{
    private int[] _order = [];
    private double[] _weights = [];

    public int Choose(ReadOnlySpan<float> logits, RandomSource random)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[best]) best = i;
        }

        if (temperature == 0) return best;
        if (_order.Length != logits.Length) (_order, _weights) = (new int[logits.Length], new double[logits.Length]);
        double total = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            _order[i] = i;

            // Negative, so that sorting puts the most probable first.
            _weights[i] = -Math.Exp((logits[i] - (double)logits[best]) / temperature);
            total -= _weights[i];
        }

        Array.Sort(_weights, _order); // equal weights may come in any order, but always in the same one
        int kept = topK > 0 ? Math.Min(topK, logits.Length) : logits.Length;
        double mass = 0;
        int count = 0;
        while (count < kept && (count == 0 || mass < topP * total)) mass -= _weights[count++];
        double point = random.NextDouble() * mass;
        for (int i = 0; i < count; i++)
        {
            point += _weights[i];
            if (point < 0) return _order[i];
        }

        return _order[count - 1];
    }
}
