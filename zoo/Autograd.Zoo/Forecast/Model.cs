using System.Globalization;
using System.Numerics;

namespace Autograd.Zoo.Forecast;

/// <summary>
/// Latent autoregression: h_t = cell(x_t, h_{t−1}), o_t = W h_t + b, by several networks of which each starts with weights of its own and whose
/// answers are averaged. What the answer is added to, and in which units it is, the buffers say, so that a saved network forecasts without its data.
/// </summary>
internal sealed class ForecastNetwork<T, TState> : Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    private readonly (RecurrentLayer<T, TState> Recurrent, Linear<T> Head)[] _members;
    private readonly Dropout<T> _dropout;

    /// <param name="outline">The sizes.</param>
    /// <param name="members">How many networks.</param>
    /// <param name="dropout">The share of the state that is hidden from the head while training.</param>
    /// <param name="recurrent">Makes a layer that reads so many features.</param>
    public ForecastNetwork(Outline outline, int members, double dropout, Func<int, RecurrentLayer<T, TState>> recurrent)
    {
        _members = new (RecurrentLayer<T, TState>, Linear<T>)[members];
        for (int m = 0; m < members; m++)
        {
            RecurrentLayer<T, TState> layer = AddModule(string.Create(CultureInfo.InvariantCulture, $"rnn{m}"), recurrent(outline.Features));
            _members[m] = (layer, AddModule(string.Create(CultureInfo.InvariantCulture, $"head{m}"), new Linear<T>(layer.HiddenSize, outline.Series)));
        }

        _dropout = AddModule("dropout", new Dropout<T>(dropout));
        Mean = AddBuffer("mean", new Tensor<T>([outline.Series]));
        Deviation = AddBuffer("deviation", new Tensor<T>([outline.Series]));
        Unit = AddBuffer("unit", new Tensor<T>([outline.Series]));
        Fitted = AddBuffer("linear_of_fit", new Tensor<T>([outline.Coefficients, outline.Series]));
        Refitted = AddBuffer("linear_of_train", new Tensor<T>([outline.Coefficients, outline.Series]));
        Share = AddBuffer("share", new Tensor<T>([1], [T.One]));
        Errors = AddBuffer("errors", new Tensor<T>([outline.Errors, outline.Series]));
    }

    public int Members => _members.Length;

    /// <summary>Mean and standard deviation of each series over the rows that train, [series].</summary>
    public Tensor<T> Mean { get; }

    /// <inheritdoc cref="Mean"/>
    public Tensor<T> Deviation { get; }

    /// <summary>What an answer of 1 stands for in standardized values, [series].</summary>
    public Tensor<T> Unit { get; }

    /// <summary>The linear AR that answers are added to while the network is chosen, fitted to the rows that train it, [coefficients, series].</summary>
    public Tensor<T> Fitted { get; }

    /// <summary>The same fitted to the validation rows, too, for what comes behind these.</summary>
    public Tensor<T> Refitted { get; }

    /// <summary>The share of the answers that is added to the linear AR, 0 to 1: what the validation rows say they are worth, [1].</summary>
    public Tensor<T> Share { get; }

    /// <summary>One-step errors of validation rows in standardized values, their mean taken away, [rows, series]: what prediction intervals are made of.</summary>
    public Tensor<T> Errors { get; }

    /// <summary>One member: inputs [time, batch, features] to answers [time, batch, series] and the state after them.</summary>
    public (Variable<T> Answers, TState State) Forward(int member, Variable<T> input, TState state = default)
    {
        (RecurrentLayer<T, TState> recurrent, Linear<T> head) = _members[member];
        (Variable<T> outputs, state) = recurrent.Forward(input, state);
        return (head.Forward(_dropout.Forward(outputs)), state);
    }
}

/// <summary>
/// The state of plain AR(τ): the last τ inputs, newest first, h_t = (x_t, …, x_{t−τ+1}). A linear head on it is AR(τ), fitted by gradients.
/// </summary>
internal sealed class DelayLine<T>(int features, int lags) : RecurrentCell<T, Hidden<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public override int HiddenSize => features * lags;

    public override Hidden<T> Step(Variable<T> x, Hidden<T> state) => new(lags == 1 ? x : Variable.Concat(x, state.H.Narrow(1, 0, features * (lags - 1))));
}
