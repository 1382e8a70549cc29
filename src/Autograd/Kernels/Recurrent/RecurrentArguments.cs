namespace Autograd.Kernels;

/// <summary>The cells that have a fused kernel.</summary>
internal enum RecurrentKind
{
    /// <summary>h' = tanh(A + B).</summary>
    Tanh,

    /// <summary>h' = max(A + B, 0).</summary>
    Relu,

    /// <summary>Gates i, f, g, o: c' = f c + i g, h' = o tanh c'.</summary>
    Lstm,

    /// <summary>Gates r, z, n, the reset gate applied after the recurrent product: n = tanh(An + r Bn), h' = (1 − z) n + z h.</summary>
    Gru,
}

/// <summary>
/// One layer in one direction over a whole sequence. With A = x·weight_ihᵀ + bias_ih and B = h·weight_hhᵀ + bias_hh, cut
/// into gates of <paramref name="Hidden"/> columns each, the cell is that of <see cref="RecurrentKind"/>.
/// </summary>
/// <param name="Kind">The cell.</param>
/// <param name="Time">T, the number of steps; may be 0.</param>
/// <param name="Batch">B.</param>
/// <param name="Input">I, the features of x, or the number of classes of one-hot indices.</param>
/// <param name="Hidden">H.</param>
/// <param name="Reverse">Whether the steps run from T − 1 down to 0; y[t] is then the state after steps T − 1 to t.</param>
internal readonly record struct RecurrentShape(RecurrentKind Kind, int Time, int Batch, int Input, int Hidden, bool Reverse = false)
{
    /// <summary>Blocks of H rows in the weights.</summary>
    internal int Gates => Kind switch
    {
        RecurrentKind.Lstm => 4,
        RecurrentKind.Gru => 3,
        _ => 1,
    };

    /// <summary>Blocks of H columns in a row of gate values; a GRU keeps Bn beside An.</summary>
    internal int Slots => Kind is RecurrentKind.Lstm or RecurrentKind.Gru ? 4 : 1;

    internal bool HasCell => Kind == RecurrentKind.Lstm;

    /// <summary>The elements of the buffer that carries the gates, and for an LSTM c and tanh c, from forward to backward.</summary>
    internal long ReserveLength => (long)Time * Batch * Hidden * Kind switch
    {
        RecurrentKind.Lstm => 6,
        RecurrentKind.Gru => 4,
        _ => 0,
    };

    /// <summary>The elements of the gates of all steps, with which the reserve of an LSTM or a GRU begins.</summary>
    internal long GateLength => (long)Time * Batch * Hidden * Slots;

    internal int FirstStep => Reverse ? Time - 1 : 0;

    internal int Direction => Reverse ? -1 : 1;
}

/// <summary>What a forward sweep reads and writes. Row-major; an empty span is an absent argument.</summary>
internal ref struct RecurrentForward<T>
    where T : unmanaged
{
    public RecurrentShape Shape;

    /// <summary>[T, B, I], or empty if <see cref="Indices"/> are given.</summary>
    public ReadOnlySpan<T> X;

    /// <summary>[T, B] classes below I: x is one-hot.</summary>
    public ReadOnlySpan<int> Indices;

    /// <summary>[G·H, I].</summary>
    public ReadOnlySpan<T> WeightIh;

    /// <summary>[G·H, H].</summary>
    public ReadOnlySpan<T> WeightHh;

    /// <summary>[G·H], or empty.</summary>
    public ReadOnlySpan<T> BiasIh;

    /// <summary>[G·H], or empty.</summary>
    public ReadOnlySpan<T> BiasHh;

    /// <summary>[B, H], or empty for zeros.</summary>
    public ReadOnlySpan<T> H0;

    /// <summary>[B, H], or empty for zeros.</summary>
    public ReadOnlySpan<T> C0;

    /// <summary>
    /// [T, B], 0 where a row takes no part in a step: it keeps its state, which is then also its y; empty if all take part.
    /// </summary>
    public ReadOnlySpan<T> Valid;

    /// <summary>[T, B, H], its rows <see cref="YRow"/> apart.</summary>
    public Span<T> Y;

    /// <summary>The leading dimension of Y; 0 stands for H. 2H lets two directions write side by side.</summary>
    public int YRow;

    /// <summary>[B, H], or empty if not wanted.</summary>
    public Span<T> HN;

    /// <summary>[B, H], or empty if not wanted.</summary>
    public Span<T> CN;

    /// <summary><see cref="RecurrentShape.ReserveLength"/> elements for a backward sweep, or empty for inference.</summary>
    public Span<T> Reserve;
}

/// <summary>
/// What a backward sweep reads and writes. An empty cotangent is zero, an empty gradient is not computed; the others are
/// overwritten, or added to where a flag says so.
/// </summary>
internal ref struct RecurrentBackward<T>
    where T : unmanaged
{
    public RecurrentShape Shape;
    public ReadOnlySpan<T> X;
    public ReadOnlySpan<int> Indices;
    public ReadOnlySpan<T> WeightIh;
    public ReadOnlySpan<T> WeightHh;
    public ReadOnlySpan<T> H0;
    public ReadOnlySpan<T> C0;

    /// <summary>As in the forward sweep. Cotangents of y are not read where it is 0.</summary>
    public ReadOnlySpan<T> Valid;

    /// <summary>The forward sweep's output.</summary>
    public ReadOnlySpan<T> Y;

    /// <summary>The leading dimension of Y and of GradientY; 0 stands for H.</summary>
    public int YRow;

    public ReadOnlySpan<T> Reserve;

    /// <summary>[T, B, H], rows <see cref="YRow"/> apart.</summary>
    public ReadOnlySpan<T> GradientY;

    /// <summary>[B, H].</summary>
    public ReadOnlySpan<T> GradientHN;

    /// <summary>[B, H].</summary>
    public ReadOnlySpan<T> GradientCN;

    /// <summary>[T, B, I]; must be empty for one-hot input.</summary>
    public Span<T> GradientX;

    public Span<T> GradientWeightIh;
    public Span<T> GradientWeightHh;
    public Span<T> GradientBiasIh;
    public Span<T> GradientBiasHh;
    public Span<T> GradientH0;
    public Span<T> GradientC0;

    /// <summary>Adds to the gradients of weights and biases instead of overwriting them.</summary>
    public bool AccumulateWeights;

    /// <summary>Adds to GradientX instead of overwriting it.</summary>
    public bool AccumulateX;

    /// <summary>
    /// <see cref="RecurrentShape.GateLength"/> elements to work in, or empty for the thread's scratch memory. They may be the gates at
    /// the start of the reserve, which are then lost: less memory, and of that memory each line is fetched once.
    /// </summary>
    public Span<T> GateGradients;
}
