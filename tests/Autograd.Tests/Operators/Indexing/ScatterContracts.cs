namespace Autograd.Tests;

public sealed class ScatterAddContract : OperatorContract<(int Axis, int[] Shape, int[] Index)>
{
    public override Type[] Operations => [typeof(ScatterAddOperation<>), typeof(GatherOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        At((0, [5, 3], [0, 1, 2, 3, 3, 3, 0, 0, 0, 2, 1, 0, 1, 1, 3]), N(4, 3), N(5, 3)), At((1, [3, 2], [0, 3, 2, 2, 1, 0]), N(3, 4), N(3, 2)), At((-1, [4], [0, 1, 1, 0]), N(2), N(4)),
        At((1, [1, 3, 2], [1, 0, 0, 1, 1, 1]), N(2, 2, 3), N(1, 3, 2)), At((0, [0, 2], []), N(3, 2), N(0, 2)), At((0, [1, 1], [0]), N(1, 2), N(1, 1)), At((0, [2], [1, 1]), N(2), N(2)),
        Differentiable(1, (0, [2], [1, 1]), N(2), N(2)), Differentiable(2, (0, [2], [1, 1]), N(2), N(2)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
        [Exactly((0, [3], [1, 1, 0]), [Nd.Vector(3, 2), Nd.Vector(1, 10, double.NaN)], [Nd.Vector(double.NaN, 13)], [Nd.Vector(1, 1), Nd.Vector(1, 1, 1)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([2, 5]).ScatterAdd(1, new Tensor<int>([2, 2], [0, 1, 5, 0]), tape.Zeros([2, 2])), "ScatterAdd", "5 at [1, 0]", "0 … 4"),
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([2, 5]).ScatterAdd(0, new Tensor<int>([1, 1], [-1]), tape.Zeros([1, 1])), "-1 at [0, 0]"),
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([2, 5]).ScatterAdd(2, new Tensor<int>([1, 1]), tape.Zeros([1, 1])), "Axis 2"),
        Refuse<ShapeException>(tape => tape.Zeros([2, 5]).ScatterAdd(0, new Tensor<int>([1]), tape.Zeros([1])), "[1]", "[2, 5]"),
        Refuse<ShapeException>(tape => tape.Zeros([2, 5]).ScatterAdd(1, new Tensor<int>([3, 1]), tape.Zeros([3, 1])), "[3, 1]", "[2, 5]", "axis 0"),
        Refuse<ShapeException>(tape => tape.Zeros([2, 5]).ScatterAdd(1, new Tensor<int>([2, 1]), tape.Zeros([2, 2])), "[2, 2]", "[2, 1]"),
        Refuse<ArgumentNullException>(tape => tape.Zeros([2, 5]).ScatterAdd(1, null!, tape.Zeros([2, 2])), "index"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(1, 4, least: 1, most: 4);
        int axis = choose.Axis(sizes.Length), at = axis < 0 ? axis + sizes.Length : axis;
        int[] index = [.. sizes.Select((size, own) => own == at ? choose.Size() : choose.Between(1, size))];
        return At((axis, index, choose.Indices(index.Aggregate(1, static (product, size) => product * size), sizes[at])), choose.N(sizes), choose.N(index));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int Axis, int[] Shape, int[] Index) at) => [x[0].ScatterAdd(at.Axis, new Tensor<int>(at.Shape, at.Index), x[1])];

    protected override Nd[] Reference(Nd[] x, (int Axis, int[] Shape, int[] Index) at)
    {
        int axis = at.Axis < 0 ? at.Axis + x[0].Rank : at.Axis, entry = 0;
        Nd y = Nd.Of(x[0].Sizes, x[0].Data);
        foreach (int[] place in Nd.IndicesOf(at.Shape))
        {
            int[] to = (int[])place.Clone();
            to[axis] = at.Index[entry++];
            y[to] += x[1][place];
        }

        return [y];
    }
}
