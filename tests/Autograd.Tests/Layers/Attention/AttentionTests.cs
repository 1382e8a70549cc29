using FsCheck.Fluent;

namespace Autograd.Tests.Layers;

/// <summary>Every kind of attention against loops written from its equation, and what padding must not do.</summary>
public sealed class AttentionTests
{
    private const int Query = 4, Memory = 4, Steps = 5, Batch = 3, Time = 2;

    public static TheoryData<string> Kinds => new("additive", "dot", "scaled", "general");

    [Theory]
    [MemberData(nameof(Kinds))]
    public void IsItsEquation(string kind)
    {
        Attention<double> attention = Make(kind);
        Tensor<double> query = Laws.Tensor([Time, Batch, Query], 1), memory = Laws.Tensor([Steps, Batch, Memory], 2);
        Tensor<bool> mask = Tensor.Full([Steps, Batch], true);
        foreach ((int s, int b) in new[] { (0, 0), (3, 0), (1, 1), (4, 1), (1, 2), (2, 2), (3, 2), (4, 2) }) mask[s, b] = false;
        using Tape<double> tape = new();
        (Variable<double> context, Variable<double> weights) = attention.Forward(tape.Constant(query), tape.Constant(memory), mask: mask);
        Assert.Equal(new Shape(Time, Batch, Memory), context.Shape);
        Assert.Equal(new Shape(Time, Batch, Steps), weights.Shape);
        double[] foundContext = context.ToArray(), foundWeights = weights.ToArray();
        for (int t = 0; t < Time; t++)
        {
            for (int b = 0; b < Batch; b++)
            {
                double[] q = [.. Enumerable.Range(0, Query).Select(i => query[t, b, i])];
                double[] scores = new double[Steps];
                for (int s = 0; s < Steps; s++)
                {
                    scores[s] = mask[s, b] ? Math.Exp(Score(kind, attention, q, [.. Enumerable.Range(0, Memory).Select(i => memory[s, b, i])])) : 0;
                }

                double total = scores.Sum();
                for (int s = 0; s < Steps; s++) Assert.Equal(scores[s] / total, foundWeights[(((t * Batch) + b) * Steps) + s], 1e-13);
                for (int i = 0; i < Memory; i++)
                {
                    double expected = Enumerable.Range(0, Steps).Sum(s => scores[s] / total * memory[s, b, i]);
                    Assert.Equal(expected, foundContext[(((t * Batch) + b) * Memory) + i], 1e-13);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void StepByStepOverAPreparedMemoryIsAllAtOnce(string kind)
    {
        Attention<double> attention = Make(kind);
        Tensor<int> lengths = Tensor.From(2, 5, 4);
        using Tape<double> tape = new();
        Variable<double> query = tape.Constant(Laws.Tensor([Time, Batch, Query], 1)), memory = tape.Constant(Laws.Tensor([Steps, Batch, Memory], 2));
        (Variable<double> context, Variable<double> weights) = attention.Forward(query, memory, lengths);
        AttentionMemory<double> prepared = attention.Prepare(memory, lengths);
        for (int t = 0; t < Time; t++)
        {
            (Variable<double> stepContext, Variable<double> stepWeights) = attention.Attend(query[t], prepared);
            Near(context[t].ToArray(), stepContext.ToArray());
            Near(weights[t].ToArray(), stepWeights.ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void PassesTheGradientCheckToSecondOrder(string kind)
    {
        Attention<double> attention = Make(kind);
        Tensor<double> query = Laws.Tensor([Time, 2, Query], 1), memory = Laws.Tensor([3, 2, Memory], 2);
        Tensor<int> lengths = Tensor.From(2, 3);
        GradientCheck.Run(
            x =>
            {
                (Variable<double> context, Variable<double> weights) = attention.Forward(x[0], x[1], lengths);
                return new[] { context, weights };
            },
            [query, memory],
            new() { Order = 2 }).ThrowIfFailed();
        if (attention.ParameterCount == 0) return;
        GradientCheck.Run(
            attention.NamedParameters(),
            tape => attention.Forward(tape.Constant(query), tape.Constant(memory), lengths).Context,
            new() { Order = 2 }).ThrowIfFailed();
    }

    /// <summary>Each sequence of a padded batch, with NaN in the padding, is that sequence alone: values and gradients.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void PaddedIsEachAlone(string kind)
    {
        Attention<double> attention = Make(kind);
        Laws.Hold(Laws.Seeds, Arb.From(Gen.Choose(1, 4)), (seed, batch) =>
        {
            Random random = new(seed);
            int steps = 1 + random.Next(5);
            int[] lengths = [.. Enumerable.Range(0, batch).Select(_ => 1 + random.Next(steps))];
            Tensor<double> query = Laws.Tensor([batch, Query], seed), memory = Laws.Tensor([steps, batch, Memory], seed + 1);
            for (int b = 0; b < batch; b++)
            {
                for (int s = lengths[b]; s < steps; s++)
                {
                    for (int i = 0; i < Memory; i++) memory[s, b, i] = double.NaN;
                }
            }

            using Tape<double> tape = new(), other = new();
            Variable<double> q = tape.Variable(query), m = tape.Variable(memory);
            (Variable<double> context, Variable<double> weights) = attention.Forward(q, m, Tensor.From(lengths));
            Gradients<double> gradients = tape.Backward((context * context).Sum() + (weights * weights).Sum());
            double[] allContexts = context.ToArray(), allWeights = weights.ToArray(), queryGradient = gradients[q].ToArray(), memoryGradient = gradients[m].ToArray();
            Assert.DoesNotContain(allContexts.Concat(queryGradient).Concat(memoryGradient), double.IsNaN);
            foreach (Parameter<double> parameter in attention.Parameters) Assert.DoesNotContain(gradients[parameter].ToArray(), double.IsNaN);
            for (int b = 0; b < batch; b++)
            {
                other.Reset();
                Variable<double> alone = other.Variable(memory[..lengths[b], b..(b + 1)]), ask = other.Variable(query[b..(b + 1)]);
                (Variable<double> aloneContext, Variable<double> aloneWeights) = attention.Forward(ask, alone);
                Gradients<double> aloneGradients = other.Backward((aloneContext * aloneContext).Sum() + (aloneWeights * aloneWeights).Sum());
                Near(aloneContext.ToArray(), allContexts[(b * Memory)..((b + 1) * Memory)]);
                Near(aloneGradients[ask].ToArray(), queryGradient[(b * Query)..((b + 1) * Query)]);
                double[] expected = aloneGradients[alone].ToArray(), expectedWeights = aloneWeights.ToArray();
                for (int s = 0; s < steps; s++)
                {
                    bool counts = s < lengths[b];
                    if (counts) Assert.Equal(expectedWeights[s], allWeights[(b * steps) + s], 1e-13);
                    else Assert.Equal(0, allWeights[(b * steps) + s]);
                    for (int i = 0; i < Memory; i++)
                    {
                        double found = memoryGradient[(((s * batch) + b) * Memory) + i];
                        if (counts) Assert.Equal(expected[(s * Memory) + i], found, 1e-12);
                        else Assert.Equal(0, found);
                    }
                }
            }
        });
    }

    [Fact]
    public void OnceWarmNothingIsAllocated()
    {
        AdditiveAttention<float> attention = new(8, 8, 8);
        attention.Initialize(1);
        Tensor<float> query = Tensor.Full([6, 4, 8], 0.5f), memory = Tensor.Full([5, 4, 8], 0.25f);
        Tensor<int> lengths = Tensor.From(1, 5, 2, 3);
        using Tape<float> tape = new();
        void Run()
        {
            tape.Reset();
            tape.Backward(attention.Forward(tape.Constant(query), tape.Constant(memory), lengths).Context.Sum());
        }

        Allocations.AssertNone(50, Run);
    }

    [Fact]
    public void WhatDoesNotFitIsRefusedWithWords()
    {
        DotAttention<double> attention = new(3);
        using Tape<double> tape = new();
        Variable<double> query = tape.Zeros([2, 3]), memory = tape.Zeros([4, 2, 3]);
        static void Says(string expected, Action act) => Assert.Contains(expected, Assert.ThrowsAny<ArgumentException>(act).Message, StringComparison.Ordinal);
        static void ShapeSays(string expected, Action act) => Assert.Contains(expected, Assert.Throws<ShapeException>(act).Message, StringComparison.Ordinal);
        ShapeSays("DotAttention: the query has shape [5, 3]; for a memory of 2 sequences it must be [2, 3]", () => attention.Forward(tape.Zeros([5, 3]), memory));
        ShapeSays("the query has shape [2, 4]", () => attention.Forward(tape.Zeros([2, 4]), memory));
        ShapeSays("the memory has shape [4, 2, 5]; it must be [steps, batch, 3]", () => attention.Forward(query, tape.Zeros([4, 2, 5])));
        ShapeSays("no step to attend to", () => attention.Forward(query, tape.Zeros([0, 2, 3])));
        ShapeSays("the lengths have shape [3]; a batch of 2 needs 2 of them", () => attention.Forward(query, memory, Tensor.From(1, 2, 3)));
        Says("the length of sequence 1 is 0; it lies in 1 … 4", () => attention.Forward(query, memory, Tensor.From(4, 0)));
        Says("the length of sequence 0 is 5", () => attention.Forward(query, memory, Tensor.From(5, 1)));
        Tensor<bool> mask = Tensor.Full([4, 2], true);
        for (int s = 0; s < 4; s++) mask[s, 1] = false;
        Says("the mask is false at every step of sequence 1", () => attention.Forward(query, memory, mask: mask));
        Says("both lengths and a mask were given", () => attention.Forward(query, memory, Tensor.From(4, 3), mask));
        ShapeSays("the mask has shape [2, 4]; for this input it must be [4, 2]", () => attention.Forward(query, memory, mask: Tensor.Full([2, 4], true)));
        Says("Make it by Prepare", () => attention.Attend(query, default));
        Says("attentionSize is 1 or more, not 0", () => _ = new AdditiveAttention<double>(1, 1, 0));
        Says("querySize is 1 or more, not 0", () => _ = new GeneralAttention<double>(0, 1));
        Assert.Equal(new Shape(0, 3), attention.Forward(tape.Zeros([0, 3]), tape.Zeros([4, 0, 3])).Context.Shape);
    }

    private static Attention<double> Make(string kind)
    {
        Attention<double> attention = kind switch
        {
            "additive" => new AdditiveAttention<double>(Query, Memory, 3),
            "general" => new GeneralAttention<double>(Query, Memory),
            _ => new DotAttention<double>(Query, scaled: kind == "scaled"),
        };
        attention.Initialize(7);
        return attention;
    }

    private static double Score(string kind, Attention<double> attention, double[] q, double[] k)
    {
        Dictionary<string, Tensor<double>> p = attention.NamedParameters().ToDictionary(static entry => entry.Path, static entry => entry.Parameter.Value);
        double sum = 0;
        switch (kind)
        {
            case "additive":
                for (int a = 0; a < 3; a++)
                {
                    double inner = 0;
                    for (int i = 0; i < Query; i++) inner += p["query.weight"][a, i] * q[i];
                    for (int i = 0; i < Memory; i++) inner += p["memory.weight"][a, i] * k[i];
                    sum += p["score.weight"][0, a] * Math.Tanh(inner);
                }

                return sum;
            case "general":
                for (int i = 0; i < Query; i++)
                {
                    for (int j = 0; j < Memory; j++) sum += q[i] * p["memory.weight"][i, j] * k[j];
                }

                return sum;
            default:
                for (int i = 0; i < Query; i++) sum += q[i] * k[i];
                return kind == "scaled" ? sum / Math.Sqrt(Query) : sum;
        }
    }

    private static void Near(double[] expected, double[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], found[i], 1e-12);
    }
}
