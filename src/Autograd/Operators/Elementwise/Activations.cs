using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>The smooth functions of neural networks that act on each element; those of straight pieces are in Piecewise.cs.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>tanh x, element by element. ±∞ gives ±1; NaN stays NaN.</summary>
    public Variable<T> Tanh() => Tape.Apply(TanhOperation<T>.Instance, this);

    /// <summary>The logistic function 1 / (1 + exp(−x)), element by element. −∞ gives 0, +∞ gives 1; NaN stays NaN.</summary>
    public Variable<T> Sigmoid() => Tape.Apply(SigmoidOperation<T>.Instance, this);

    /// <summary>ln(1 / (1 + exp(−x))), element by element, without overflow and accurate for large |x|.</summary>
    public Variable<T> LogSigmoid() => Tape.Apply(LogSigmoidOperation<T>.Instance, this);

    /// <summary>ln(1 + exp(beta x)) / beta, element by element; x itself where beta x &gt; <paramref name="threshold"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="beta"/> is 0 or not finite, or the threshold is NaN.</exception>
    public Variable<T> Softplus(double beta = 1, double threshold = 20) => SoftplusOperation<T>.Apply(this, beta, threshold);

    /// <summary>x where x &gt; 0, else alpha (exp(x) − 1), element by element (Clevert et al. 2015).</summary>
    public Variable<T> Elu(double alpha = 1) => EluOperation<T>.Apply(this, alpha, 1);

    /// <summary>
    /// scale · (x where x &gt; 0, else alpha (exp(x) − 1)), element by element, with the scale 1.0507… and alpha 1.6733… that
    /// keep mean 0 and variance 1 from layer to layer (Klambauer et al. 2017).
    /// </summary>
    public Variable<T> Selu() => EluOperation<T>.Apply(this, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946);

    /// <summary>x Φ(x), element by element, Φ the distribution function of the standard normal, or its approximation (Hendrycks and Gimpel 2016).</summary>
    public Variable<T> Gelu(GeluApproximation approximation = GeluApproximation.None) => approximation switch
    {
        GeluApproximation.None => Tape.Apply(GeluOperation<T>.Instance, this),
        GeluApproximation.Tanh => Tape.Apply(GeluTanhOperation<T>.Instance, this),
        _ => throw new ArgumentOutOfRangeException(nameof(approximation), approximation, "Gelu: the approximation is None or Tanh."),
    };

    /// <summary>x / (1 + exp(−x)), element by element; also called swish.</summary>
    public Variable<T> Silu() => Tape.Apply(SiluOperation<T>.Instance, this);

    /// <summary>x tanh(ln(1 + exp(x))), element by element (Misra 2019).</summary>
    public Variable<T> Mish() => Tape.Apply(MishOperation<T>.Instance, this);
}

/// <summary>How <see cref="Variable{T}.Gelu"/> computes the normal distribution function.</summary>
public enum GeluApproximation
{
    /// <summary>By the error function.</summary>
    None,

    /// <summary>(1 + tanh(√(2/π) (x + 0.044715 x³))) / 2, within 0.001.</summary>
    Tanh,
}

/// <summary>y = tanh x.</summary>
/// <remarks>gx = gy ⊙ (1 − y²). Keeps y: the slope of tanh is a function of its value.</remarks>
internal sealed class TanhOperation<T>() : UnaryOperation<T, TanhFunction, TanhGradientFunction>(Keeps.Output)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly TanhOperation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y) => g * (1 - y.Square());
}

/// <summary>y = σ(x) = 1 / (1 + exp(−x)).</summary>
/// <remarks>gx = gy ⊙ y ⊙ (1 − y). Keeps y.</remarks>
internal sealed class SigmoidOperation<T>() : UnaryOperation<T, SigmoidFunction, SigmoidGradientFunction>(Keeps.Output)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly SigmoidOperation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y) => g * (y * (1 - y));
}

/// <summary>y = ln σ(x).</summary>
/// <remarks>gx = gy ⊙ σ(−x). Keeps x.</remarks>
internal sealed class LogSigmoidOperation<T>() : UnaryOperation<T, LogSigmoidFunction, LogSigmoidGradientFunction>(Keeps.Input)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly LogSigmoidOperation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y) => g * (-x).Sigmoid();
}

/// <summary>y = ln(1 + exp(beta x)) / beta, and x where beta x > threshold.</summary>
/// <remarks>gx = gy ⊙ σ(beta x), and gy where beta x > threshold. Keeps x.</remarks>
internal sealed class SoftplusOperation<T>() : UnaryOperation<T, SoftplusFunction, SoftplusGradientFunction>(Keeps.Input)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private double _beta;
    private double _threshold;

    public static Variable<T> Apply(Variable<T> x, double beta, double threshold)
    {
        if (beta == 0 || !double.IsFinite(beta)) Errors.OutOfRange(nameof(beta), beta, "Softplus divides by beta, which must be finite and not 0.");
        if (double.IsNaN(threshold)) Errors.OutOfRange(nameof(threshold), threshold, "Softplus: the threshold must be a number.");
        SoftplusOperation<T> operation = x.Tape.Rent<SoftplusOperation<T>>();
        operation._beta = beta;
        operation._threshold = threshold;
        operation.Value = new(beta, threshold);
        operation.Fused = new(beta, threshold);
        return x.Tape.Apply(operation, x);
    }

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y)
    {
        Variable<T> scaled = x * _beta;
        return g.Gate(scaled, new AboveFunction(_threshold)) + (g * scaled.Sigmoid()).Gate(scaled, new NotAboveFunction(_threshold));
    }
}

/// <summary>y = scale (x where x > 0, else alpha (eˣ − 1)).</summary>
/// <remarks>gx = scale gy where x > 0, else scale alpha gy ⊙ eˣ. Keeps x.</remarks>
internal sealed class EluOperation<T>() : UnaryOperation<T, EluFunction, EluGradientFunction>(Keeps.Input)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private double _alpha;
    private double _scale;

    public static Variable<T> Apply(Variable<T> x, double alpha, double scale)
    {
        EluOperation<T> operation = x.Tape.Rent<EluOperation<T>>();
        operation._alpha = alpha;
        operation._scale = scale;
        operation.Value = new(alpha, scale);
        operation.Fused = new(alpha, scale);
        return x.Tape.Apply(operation, x);
    }

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y)
    {
        Variable<T> falling = g * (x.Clamp(max: 0).Exp() * (_scale * _alpha));
        return (g * _scale).Gate(x, new AboveFunction(0)) + falling.Gate(x, new NotAboveFunction(0));
    }
}

/// <summary>y = x Φ(x), Φ the distribution function of the standard normal.</summary>
/// <remarks>gx = gy ⊙ (Φ(x) + x φ(x)), φ its density. Keeps x.</remarks>
internal sealed class GeluOperation<T>() : UnaryOperation<T, GeluFunction, GeluGradientFunction>(Keeps.Input)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly GeluOperation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y)
    {
        Variable<T> distribution = ((x * 0.70710678118654752).Erf() + 1) * 0.5;
        Variable<T> density = (x.Square() * -0.5).Exp() * 0.3989422804014327;
        return g * (distribution + (x * density));
    }
}

/// <summary>y = x (1 + tanh u)/2 = x σ(2u) with u = √(2/π) (x + 0.044715 x³).</summary>
/// <remarks>gx = gy ⊙ (s + x s (1 − s) 2u′) with s = σ(2u), u′ = √(2/π) (1 + 3 · 0.044715 x²). Keeps x.</remarks>
internal sealed class GeluTanhOperation<T>() : UnaryOperation<T, GeluTanhFunction, GeluTanhGradientFunction>(Keeps.Input)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const double Slope = 2 * 0.7978845608028654;
    public static readonly GeluTanhOperation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y)
    {
        Variable<T> square = x.Square();
        Variable<T> s = (x * (square * (Slope * 0.044715) + Slope)).Sigmoid();
        return g * (s + (x * (square * (Slope * 3 * 0.044715) + Slope) * (s * (1 - s))));
    }
}

/// <summary>y = x σ(x).</summary>
/// <remarks>gx = gy ⊙ s (1 + x (1 − s)) with s = σ(x). Keeps x.</remarks>
internal sealed class SiluOperation<T>() : UnaryOperation<T, SiluFunction, SiluGradientFunction>(Keeps.Input)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly SiluOperation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y)
    {
        Variable<T> s = x.Sigmoid();
        return g * (s * (1 + (x * (1 - s))));
    }
}

/// <summary>y = x t with t = tanh(ln(1 + eˣ)).</summary>
/// <remarks>gx = gy ⊙ (t + x (1 − t²) σ(x)). Keeps x.</remarks>
internal sealed class MishOperation<T>() : UnaryOperation<T, MishFunction, MishGradientFunction>(Keeps.Input)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly MishOperation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y)
    {
        Variable<T> t = x.Softplus().Tanh();
        return g * (t + (x * (1 - t.Square()) * x.Sigmoid()));
    }
}
