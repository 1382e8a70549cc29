using Autograd.Kernels;

namespace Autograd.Tests.Kernels;

/// <summary>
/// A recurrent layer in plain loops over doubles, straight from the equations, one row and one unit at a time, and
/// backpropagation through time written from the same equations.
/// </summary>
internal sealed class RecurrentReference
{
    internal readonly RecurrentShape Shape;
    internal double[] X = [], WeightIh = [], WeightHh = [], H0 = [], C0 = [];
    internal double[] BiasIh = [], BiasHh = [];
    internal double[] Y = [], HN = [], CN = [];
    internal double[] GradientX = [], GradientWeightIh = [], GradientWeightHh = [], GradientBiasIh = [], GradientBiasHh = [];
    internal double[] GradientH0 = [], GradientC0 = [];

    private readonly List<StepValues[]> _steps = [];

    internal RecurrentReference(RecurrentShape shape) => Shape = shape;

    private sealed record StepValues(int Time, double[] PreviousH, double[] PreviousC, double[] A, double[] B, double[] H, double[] C);

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private double[] Affine(double[] weight, double[] bias, ReadOnlySpan<double> x)
    {
        var result = new double[Shape.Gates * Shape.Hidden];
        for (int row = 0; row < result.Length; row++)
        {
            result[row] = bias.Length == 0 ? 0 : bias[row];
            for (int column = 0; column < x.Length; column++)
            {
                result[row] += weight[(row * x.Length) + column] * x[column];
            }
        }
        return result;
    }

    internal void Forward()
    {
        (_, int time, int batch, int input, int hidden, bool reverse) = Shape;
        Y = new double[time * batch * hidden];
        HN = new double[batch * hidden];
        CN = new double[batch * hidden];
        _steps.Clear();
        for (int b = 0; b < batch; b++)
        {
            double[] h = H0.Length == 0 ? new double[hidden] : H0[(b * hidden)..((b + 1) * hidden)];
            double[] c = C0.Length == 0 ? new double[hidden] : C0[(b * hidden)..((b + 1) * hidden)];
            var steps = new StepValues[time];
            for (int s = 0; s < time; s++)
            {
                int t = reverse ? time - 1 - s : s;
                double[] a = Affine(WeightIh, BiasIh, X.AsSpan(((t * batch) + b) * input, input)), r = Affine(WeightHh, BiasHh, h);
                double[] nextH = new double[hidden], nextC = new double[hidden];
                for (int u = 0; u < hidden; u++)
                {
                    int u1 = u + hidden, u2 = u1 + hidden, u3 = u2 + hidden;
                    switch (Shape.Kind)
                    {
                        case RecurrentKind.Tanh:
                            nextH[u] = Math.Tanh(a[u] + r[u]);
                            break;
                        case RecurrentKind.Relu:
                            nextH[u] = Math.Max(a[u] + r[u], 0);
                            break;
                        case RecurrentKind.Lstm:
                            nextC[u] = (Sigmoid(a[u1] + r[u1]) * c[u]) + (Sigmoid(a[u] + r[u]) * Math.Tanh(a[u2] + r[u2]));
                            nextH[u] = Sigmoid(a[u3] + r[u3]) * Math.Tanh(nextC[u]);
                            break;
                        default:
                            double z = Sigmoid(a[u1] + r[u1]);
                            nextH[u] = ((1 - z) * Math.Tanh(a[u2] + (Sigmoid(a[u] + r[u]) * r[u2]))) + (z * h[u]);
                            break;
                    }
                }
                steps[s] = new StepValues(t, h, c, a, r, nextH, nextC);
                nextH.CopyTo(Y, ((t * batch) + b) * hidden);
                (h, c) = (nextH, nextC);
            }
            h.CopyTo(HN, b * hidden);
            c.CopyTo(CN, b * hidden);
            _steps.Add(steps);
        }
    }

    internal void Backward(double[] gradientY, double[] gradientHN, double[] gradientCN)
    {
        (_, _, int batch, int input, int hidden, _) = Shape;
        GradientX = new double[X.Length];
        GradientWeightIh = new double[WeightIh.Length];
        GradientWeightHh = new double[WeightHh.Length];
        GradientBiasIh = new double[Shape.Gates * hidden];
        GradientBiasHh = new double[Shape.Gates * hidden];
        GradientH0 = new double[batch * hidden];
        GradientC0 = new double[batch * hidden];
        for (int b = 0; b < batch; b++)
        {
            double[] gh = gradientHN.Length == 0 ? new double[hidden] : gradientHN[(b * hidden)..((b + 1) * hidden)];
            double[] gc = gradientCN.Length == 0 ? new double[hidden] : gradientCN[(b * hidden)..((b + 1) * hidden)];
            foreach (StepValues step in _steps[b].Reverse())
            {
                double[] ga = new double[Shape.Gates * hidden], gr = new double[Shape.Gates * hidden];
                double[] previousH = new double[hidden], previousC = new double[hidden];
                for (int u = 0; u < hidden; u++)
                {
                    double g = gh[u] + (gradientY.Length == 0 ? 0 : gradientY[(((step.Time * batch) + b) * hidden) + u]);
                    previousH[u] = CellGradient(step, u, g, gc[u], ga, gr, out previousC[u]);
                }
                for (int row = 0; row < ga.Length; row++)
                {
                    GradientBiasIh[row] += ga[row];
                    GradientBiasHh[row] += gr[row];
                    for (int i = 0; i < input; i++)
                    {
                        int x = (((step.Time * batch) + b) * input) + i;
                        GradientWeightIh[(row * input) + i] += ga[row] * X[x];
                        GradientX[x] += ga[row] * WeightIh[(row * input) + i];
                    }
                    for (int u = 0; u < hidden; u++)
                    {
                        GradientWeightHh[(row * hidden) + u] += gr[row] * step.PreviousH[u];
                        previousH[u] += gr[row] * WeightHh[(row * hidden) + u];
                    }
                }
                (gh, gc) = (previousH, previousC);
            }
            gh.CopyTo(GradientH0, b * hidden);
            gc.CopyTo(GradientC0, b * hidden);
        }
    }

    /// <summary>Fills the gradients of A and B for one unit; returns the direct part of the gradient of the previous h.</summary>
    private double CellGradient(StepValues s, int u, double g, double gc, double[] ga, double[] gr, out double previousC)
    {
        int u1 = u + Shape.Hidden, u2 = u1 + Shape.Hidden, u3 = u2 + Shape.Hidden;
        previousC = 0;
        switch (Shape.Kind)
        {
            case RecurrentKind.Tanh:
                gr[u] = ga[u] = g * (1 - (s.H[u] * s.H[u]));
                return 0;
            case RecurrentKind.Relu:
                gr[u] = ga[u] = s.A[u] + s.B[u] > 0 ? g : 0;
                return 0;
            case RecurrentKind.Lstm:
                double i = Sigmoid(s.A[u] + s.B[u]), f = Sigmoid(s.A[u1] + s.B[u1]);
                double n = Math.Tanh(s.A[u2] + s.B[u2]), o = Sigmoid(s.A[u3] + s.B[u3]);
                double tanhC = Math.Tanh(s.C[u]);
                double total = gc + (g * o * (1 - (tanhC * tanhC)));
                gr[u] = ga[u] = total * n * i * (1 - i);
                gr[u1] = ga[u1] = total * s.PreviousC[u] * f * (1 - f);
                gr[u2] = ga[u2] = total * i * (1 - (n * n));
                gr[u3] = ga[u3] = g * tanhC * o * (1 - o);
                previousC = total * f;
                return 0;
            default:
                double r = Sigmoid(s.A[u] + s.B[u]), z = Sigmoid(s.A[u1] + s.B[u1]), candidate = Math.Tanh(s.A[u2] + (r * s.B[u2]));
                double inner = g * (1 - z) * (1 - (candidate * candidate));
                gr[u] = ga[u] = inner * s.B[u2] * r * (1 - r);
                gr[u1] = ga[u1] = g * (s.PreviousH[u] - candidate) * z * (1 - z);
                ga[u2] = inner;
                gr[u2] = inner * r;
                return g * z;
        }
    }
}
