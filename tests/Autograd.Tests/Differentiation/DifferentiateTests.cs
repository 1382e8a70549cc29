namespace Autograd.Tests.Differentiation;

/// <summary>Derivatives of functions against closed forms, differences and each other.</summary>
public sealed class DifferentiateTests
{
    private static readonly Tensor<double> Point = Tensor.From(0.5, -1.25, 2);
    private static readonly Tensor<double> Matrix = new([2, 3], [1, 2, -1, 0.5, -2, 3]);

    [Fact]
    public void GradientsMatchClosedForms()
    {
        Close([1, -2.5, 4], Differentiate.Gradient(static x => x.Square().Sum(), Point));
        (Tensor<double> value, Tensor<double> gradient) = Differentiate.ValueAndGradient(static x => x.Square().Sum(keepAxes: true), Point);
        Assert.Equal([1], value.Shape.ToArray());
        Close([0.25 + 1.5625 + 4], value);
        Close([1, -2.5, 4], gradient);
        Assert.Equal([3f], Differentiate.Gradient(static x => x * x * 0.5, Tensor.Scalar(3f)).ToArray());
    }

    [Fact]
    public void EachInputHasItsGradient()
    {
        Tensor<double> a = Tensor.From(1.0, 2), b = Tensor.From(0.5, -0.5), unused = Tensor.Zeros<double>([2, 1]);
        (Tensor<double> value, Tensor<double>[] gradients) = Differentiate.ValueAndGradient(static x => (x[0] * x[1].Exp()).Sum(), [a, b, unused]);
        double up = Math.Exp(0.5), down = Math.Exp(-0.5);
        Close([up + (2 * down)], value);
        Close([up, down], gradients[0]);
        Close([up, 2 * down], gradients[1]);
        Close([0, 0], gradients[2]);
        Assert.Equal([2, 1], gradients[2].Shape.ToArray());
        Close([2, 4], Differentiate.Gradient(static x => (x[0] * x[1]).Sum(), [a, a]).Aggregate(static (left, right) => Tensor.From([.. left.ToArray().Zip(right.ToArray(), static (p, q) => p + q)])));
    }

    [Fact]
    public void WhatDoesNotDependOnTheInputHasDerivativeZero()
    {
        Close([0, 0, 0], Differentiate.Gradient(static x => x.Tape.Full([], 7), Point));
        Close([0, 0, 0], Differentiate.Gradient(static x => x.Detach().Sum(), Point));
        Close(new double[6], Differentiate.Jacobian(static x => x.Tape.Zeros([2]), Point));
        Close(new double[60], Differentiate.Jacobian(static x => x.Tape.Zeros([20]), Point));
        Close(new double[9], Differentiate.Hessian(static x => x.Tape.Zeros([]), Point));
        Close(new double[9], Differentiate.Hessian(static x => x.Sum(), Point));
        Close([0, 0, 0], Differentiate.HessianVector(static x => x.Sum(), Point, Point));
        Close([0, 0], Differentiate.JacobianVector(static x => x.Tape.Zeros([2]), Point, Point));
        Close([0, 0, 0], Differentiate.VectorJacobian(static x => x.Tape.Zeros([2]), Point, Tensor.From(1.0, 2)));
    }

    [Fact]
    public void TheJacobianOfALinearMapIsItsMatrix()
    {
        Tensor<double> jacobian = Differentiate.Jacobian(static x => x.Tape.Constant(Matrix).MatMul(x), Point);
        Assert.Equal([2, 3], jacobian.Shape.ToArray());
        Close(Matrix.ToArray(), jacobian);
        Close([1, 0, 0, 0, 1, 0, 0, 0, 1], Differentiate.Jacobian(static x => x, Point));
    }

    [Theory]
    [InlineData(1, 3)] // a row
    [InlineData(4, 3)] // by rows
    [InlineData(9, 2)] // more outputs than inputs: by columns
    [InlineData(6, 1)]
    [InlineData(0, 2)]
    [InlineData(2, 0)]
    public void JacobiansMatchDifferences(int outputs, int inputs)
    {
        Tensor<double> weights = Tensor.Normal<double>([outputs, inputs], seed: 3), at = Tensor.Normal<double>([inputs], seed: 4);
        Variable<double> Function(Variable<double> x) => (x.Tape.Constant(weights).MatMul(x).Tanh() * (x.Square().Sum() + 1)).Reshape(1, outputs);
        Tensor<double> jacobian = Differentiate.Jacobian(Function, at);
        Assert.Equal([1, outputs, inputs], jacobian.Shape.ToArray());
        Close(Differences(Function, at), jacobian, 1e-8);
    }

    [Fact]
    public void JacobiansOfManyOutputsByManyInputsHaveABlockForEachPair()
    {
        Tensor<double> a = Tensor.From(1.5, -2), b = Tensor.Scalar(0.5);
        Tensor<double>[][] blocks = Differentiate.Jacobian(static x => [x[0] * x[1], x[1].Exp(), x[0].Square().Sum()], [a, b]);
        Assert.Equal(3, blocks.Length);
        Close([0.5, 0, 0, 0.5], blocks[0][0]);
        Close([1.5, -2], blocks[0][1]);
        Close([0, 0], blocks[1][0]);
        Close([Math.Exp(0.5)], blocks[1][1]);
        Close([3, -4], blocks[2][0]);
        Close([0], blocks[2][1]);
        Assert.Equal([2, 2], blocks[0][0].Shape.ToArray());
        Assert.Equal([2], blocks[0][1].Shape.ToArray());
        Close([1.5, -2], Differentiate.Jacobian(static x => x[0] * x[1], [a, b])[1]);
    }

    [Fact]
    public void TheHessianOfAQuadraticFormIsItsSymmetricPart()
    {
        Tensor<double> form = new([3, 3], [2, 1, 0, -3, 4, 5, 0.5, 1, -1]);
        Tensor<double> hessian = Differentiate.Hessian(x => x.Dot(x.Tape.Constant(form).MatMul(x)), Point);
        Assert.Equal([3, 3], hessian.Shape.ToArray());
        Close([4, -2, 0.5, -2, 8, 6, 0.5, 6, -2], hessian);
    }

    [Fact]
    public void HessiansHaveABlockForEachPairOfInputs()
    {
        Tensor<double> a = Tensor.From(1.5, -2), b = Tensor.Scalar(0.5);
        Tensor<double>[][] blocks = Differentiate.Hessian(static x => (x[0].Square() * x[1].Exp()).Sum(), [a, b]);
        double e = Math.Exp(0.5);
        Close([2 * e, 0, 0, 2 * e], blocks[0][0]);
        Close([3 * e, -4 * e], blocks[0][1]);
        Close([3 * e, -4 * e], blocks[1][0]);
        Close([6.25 * e], blocks[1][1]);
    }

    [Fact]
    public void ProductsAreThoseWithTheJacobian()
    {
        static Variable<double> Function(Variable<double> x) => x.Tape.Constant(Matrix).MatMul(x.Sin()).Exp();
        Tensor<double> tangent = Tensor.From(0.3, -1.0, 2), cotangent = Tensor.From(-0.7, 1.3);
        double[] jacobian = Differentiate.Jacobian(Function, Point).ToArray(), right = new double[2], left = new double[3];
        for (int i = 0; i < 2; i++)
        {
            for (int j = 0; j < 3; j++)
            {
                right[i] += jacobian[(i * 3) + j] * tangent[j].Item();
                left[j] += cotangent[i].Item() * jacobian[(i * 3) + j];
            }
        }

        Close(right, Differentiate.JacobianVector(Function, Point, tangent));
        Close(left, Differentiate.VectorJacobian(Function, Point, cotangent));
    }

    [Fact]
    public void ProductsTakeManyInputsAndOutputs()
    {
        Tensor<double> a = Tensor.From(1.5, -2), b = Tensor.Scalar(0.5), da = Tensor.From(1.0, 2), db = Tensor.Scalar(-1.0);
        static Variable<double>[] Function(Variable<double>[] x) => [x[0] * x[1], x[1].Square(), x[0].Tape.Full([1], 3)];
        Tensor<double>[] along = Differentiate.JacobianVector(Function, [a, b], [da, db]);
        Close([0.5 - 1.5, 1 + 2], along[0]);
        Close([-1], along[1]);
        Close([0], along[2]);
        Tensor<double>[] against = Differentiate.VectorJacobian(Function, [a, b], [da, db, Tensor.From(9.0)]);
        Close([0.5, 1], against[0]);
        Close([1.5 - 4 - 1], against[1]);
        Tensor<double>[] curved = Differentiate.HessianVector(static x => (x[0].Square() * x[1]).Sum(), [a, b], [da, db]);
        Close([(2 * 0.5 * 1) + (2 * 1.5 * -1), (2 * 0.5 * 2) + (2 * -2 * -1)], curved[0]);
        Close([(2 * 1.5 * 1) + (2 * -2 * 2)], curved[1]);
    }

    [Fact]
    public void TheProductWithTheHessianNeedsNoMatrix()
    {
        static Variable<double> Function(Variable<double> x) => x.Tape.Constant(Matrix).MatMul(x.Tanh()).LogSumExp();
        Tensor<double> direction = Tensor.From(0.3, -1.0, 2);
        double[] hessian = Differentiate.Hessian(Function, Point).ToArray(), expected = new double[3];
        for (int i = 0; i < 3; i++)
        {
            for (int j = 0; j < 3; j++)
            {
                expected[i] += hessian[(i * 3) + j] * direction[j].Item();
                Assert.Equal(hessian[(i * 3) + j], hessian[(j * 3) + i], 1e-14);
            }
        }

        Close(expected, Differentiate.HessianVector(Function, Point, direction));
        Close(Differences(x => x.Tape.Constant(Differentiate.Gradient(Function, x.ToTensor())), Point), Tensor.From(hessian), 1e-8);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void DerivativesOfAnyOrderFollow(int order)
    {
        // The derivatives of sin(2x) + x⁴ at 0.7.
        double x = 0.7, power = order switch { 1 => 4 * x * x * x, 2 => 12 * x * x, 3 => 24 * x, 4 => 24, _ => 0 };
        double sine = Math.Pow(2, order) * Math.Sin((2 * x) + (order * Math.PI / 2));
        double found = Differentiate.Gradient(
            v =>
            {
                Variable<double> y = (2 * v).Sin() + v.Square().Square();
                for (int i = 1; i < order; i++) y = y.GradientBy(v);
                return y;
            },
            Tensor.Scalar(x)).Item();
        Assert.Equal(sine + power, found, 1e-12);
    }

    [Fact]
    public void ThirdDerivativesOfManyElementsMatchDifferences()
    {
        // The gradient of ⟨v, H v⟩ is the third derivative along v twice.
        Tensor<double> v = Tensor.From(1.0, -0.5, 0.25);
        static Variable<double> Function(Variable<double> x) => x.Tape.Constant(Matrix).MatMul(x).Sigmoid().Square().Sum() + x.Exp().LogSumExp();
        Tensor<double> third = Differentiate.Gradient(
            x =>
            {
                Variable<double> along = x.Tape.Constant(v);
                Variable<double> slope = (Function(x).GradientBy(x) * along).Sum();
                return (slope.GradientBy(x) * along).Sum();
            },
            Point);
        Variable<double> Curvature(Variable<double> x) =>
            x.Tape.Constant(Differentiate.HessianVector(Function, x.ToTensor(), v)).Dot(x.Tape.Constant(v));
        Close(Differences(Curvature, Point), third, 1e-7);
    }

    [Fact]
    public void AGradientByAnIntermediateValueIsThePartialOne()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Point), middle = x.Exp(), y = (middle.Square() * x).Sum();
        Variable<double>[] gradients = y.GradientBy(middle, x);
        double[] expected = [.. Point.ToArray().Select(static p => 2 * p * Math.Exp(p))];
        Close(expected, gradients[0].ToTensor());
        Close([.. Point.ToArray().Select(static p => Math.Exp(2 * p) * (1 + (2 * p)))], gradients[1].ToTensor());

        // It is part of the tape: d/dx Σ 2 x eˣ = 2 eˣ (1 + x).
        Close([.. Point.ToArray().Select(static p => 2 * Math.Exp(p) * (1 + p))], tape.Backward(gradients[0].Sum())[x].ToTensor());
    }

    [Fact]
    public void APenaltyOnAGradientTrainsParameters()
    {
        // y = w · tanh(x), penalty Σ (dy/dx)²: by w it is 2 w (1 − tanh²x)².
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Tensor.Scalar(0.3)), w = tape.Variable(Tensor.Scalar(1.5));
        Variable<double> slope = (w * x.Tanh()).GradientBy(x);
        double steep = 1 - Math.Pow(Math.Tanh(0.3), 2);
        Assert.Equal(2 * 1.5 * steep * steep, tape.Backward(slope.Square())[w].Item(), 1e-14);
        Assert.Equal(0, w.GradientBy(x).Item());
        Assert.Equal(0, tape.Full([], 2).GradientBy(x).Item());
        Assert.Equal(1, x.GradientBy(x).Item());
    }

    [Fact]
    public void AFunctionMayDifferentiateOnATapeOfItsOwn()
    {
        Tensor<double> gradient = Differentiate.Gradient(
            x => (x * x.Tape.Constant(Differentiate.Gradient(static z => z.Square().Sum(), Point))).Sum(),
            Point);
        Close([1, -2.5, 4], gradient);
    }

    [Fact]
    public void ReferencesOfLinearAlgebraAreDifferentiatedThroughAllOrders()
    {
        // f = log det(A) has the gradient A⁻ᵀ and the Hessian −A⁻¹ ⊗ A⁻¹; the third order is checked by differences.
        Tensor<double> a = new([2, 2], [2, 0.5, -0.25, 1]), v = new([2, 2], [1, -1, 0.5, 2]);
        Tensor<double> third = Differentiate.Gradient(
            x =>
            {
                Variable<double> along = x.Tape.Constant(v);
                return ((x.LogDeterminant().GradientBy(x) * along).Sum().GradientBy(x) * along).Sum();
            },
            a);
        Variable<double> Curvature(Variable<double> x) => (x.Tape.Constant(Differentiate.HessianVector(static z => z.LogDeterminant(), x.ToTensor(), v)) * x.Tape.Constant(v)).Sum();
        Close(Differences(Curvature, a), third, 1e-7);

        // The third derivative of a 3 × 3 determinant along v is 6 det(v), at a singular matrix too.
        Tensor<double> singular = new([3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]), direction = new([3, 3], [1, 0, 2, -1, 3, 1, 0.5, 1, -2]);
        foreach (Tensor<double> at in new[] { singular, Tensor.Zeros<double>([3, 3]), direction })
        {
            Tensor<double> along = Differentiate.Gradient(
                t =>
                {
                    Variable<double> y = (t.Tape.Constant(at) + (t * t.Tape.Constant(direction))).Determinant();
                    return y.GradientBy(t).GradientBy(t);
                },
                Tensor.Scalar(0.0));
            Assert.Equal(6 * -12, along.Item(), 1e-9);
        }
    }

    [Fact]
    public void InputsKeepTheirValues()
    {
        Tensor<double> x = Point.Clone();
        Differentiate.Hessian(static v => v.Exp().Sum(), x);
        Assert.Equal(Point.ToArray(), x.ToArray());
    }

    [Fact]
    public void MisuseIsNamed()
    {
        using Tape<double> other = new();
        Variable<double> foreign = other.Variable(Point);
        Throws<ShapeException>(static () => Differentiate.Gradient(static x => x, Point), "Gradient", "[3]", "Jacobian");
        Throws<ShapeException>(static () => Differentiate.Hessian(static x => x * 2, Point), "Hessian", "[3]");
        Throws<ShapeException>(static () => Differentiate.HessianVector(static x => x * 2, Point, Point), "HessianVector", "[3]");
        Throws<InvalidOperationException>(() => Differentiate.Gradient(_ => foreign.Sum(), Point), "another tape");
        Throws<InvalidOperationException>(static () => Differentiate.Gradient(static _ => default, Point), "default");
        Throws<InvalidOperationException>(static () => Differentiate.Jacobian<double>(static _ => (Variable<double>[])null!, [Point]), "null");
        Throws<ShapeException>(static () => Differentiate.JacobianVector(static x => x, Point, Matrix), "tangent 0", "[2, 3]", "[3]");
        Throws<ShapeException>(static () => Differentiate.VectorJacobian(static x => x.Sum(), Point, Point), "cotangent 0", "[3]", "[]");
        Throws<ShapeException>(static () => Differentiate.HessianVector(static x => x.Sum(), Point, Matrix), "direction 0", "[2, 3]", "[3]");
        Throws<ArgumentException>(static () => Differentiate.VectorJacobian<double>(static x => x, [Point], [Point, Point]), "2 cotangents", "1");
        Throws<ShapeException>(static () => Differentiate.Jacobian(static x => x, Tensor.Zeros<double>([1, 1, 1, 1, 2])), "10 axes", "8");
        Throws<ArgumentNullException>(static () => Differentiate.Gradient((Func<Variable<double>, Variable<double>>)null!, Point), "function");
        Throws<ArgumentNullException>(static () => Differentiate.Gradient(static x => x.Sum(), (Tensor<double>)null!), "tensor");
        Throws<ShapeException>(() => foreign.GradientBy(foreign), "GradientBy", "[3]");
        Throws<InvalidOperationException>(() => foreign.Sum().GradientBy(other.Constant(Point)), "GradientBy", "requires no gradient");
        using Tape<double> third = new();
        Throws<InvalidOperationException>(() => foreign.Sum().GradientBy(third.Variable(Point)), "different tapes");

        static void Throws<TException>(Func<object> act, params string[] says)
            where TException : Exception
        {
            TException thrown = Assert.ThrowsAny<TException>(act);
            foreach (string word in says) Assert.Contains(word, thrown.Message, StringComparison.Ordinal);
        }
    }

    private static void Close(double[] expected, Tensor<double> found, double tolerance = 1e-13)
    {
        Assert.Equal(expected.Length, found.Length);
        double scale = expected.Select(Math.Abs).Append(1).Max();
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], found.ToArray()[i], tolerance * scale);
    }

    /// <summary>The Jacobian by five-point differences, row by row.</summary>
    private static double[] Differences(Func<Variable<double>, Variable<double>> function, Tensor<double> at)
    {
        const double H = 1e-3;
        double[] Value(int element, double by)
        {
            using Tape<double> tape = new();
            Tensor<double> moved = at.Clone();
            moved.Write(values => values[element] += by);
            return function(tape.Constant(moved)).ToArray();
        }

        double[][] columns = [.. Enumerable.Range(0, at.Length).Select(j =>
        {
            double[] far = Value(j, 2 * H), near = Value(j, H), back = Value(j, -H), farBack = Value(j, -2 * H);
            return far.Select((_, i) => ((8 * (near[i] - back[i])) - (far[i] - farBack[i])) / (12 * H)).ToArray();
        })];
        return columns.Length == 0 ? [] : [.. Enumerable.Range(0, columns[0].Length).SelectMany(i => columns.Select(column => column[i]))];
    }
}
