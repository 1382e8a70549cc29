using System.Numerics;

namespace Autograd;

/// <summary>Changes parameters by their gradients.</summary>
/// <remarks>
/// An optimizer moves its parameters into one block of memory, in their order, and keeps its own state in blocks of the
/// same layout, so that a step is one pass over memory for each parameter.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public abstract class Optimizer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly (string Path, Parameter<T> Parameter, int Offset)[] _parameters;
    private readonly List<(string Name, Storage<T> Values)> _states = [];
    private readonly long[] _steps;
    private bool _gathered;

    /// <summary>Makes an optimizer of all parameters of a module.</summary>
    /// <param name="module">The model.</param>
    /// <param name="learningRate">The learning rate, 0 or more.</param>
    /// <param name="weightDecay">The weight decay, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative or NaN rate or decay.</exception>
    protected Optimizer(Module<T> module, double learningRate, double weightDecay = 0)
    {
        ArgumentNullException.ThrowIfNull(module);
        LearningRate = learningRate;
        WeightDecay = RequireNotNegative(nameof(weightDecay), weightDecay);
        int offset = 0;
        List<(string, Parameter<T>, int)> parameters = [];
        foreach ((string path, Parameter<T> parameter) in module.NamedParameters())
        {
            parameters.Add((path, parameter, offset));
            offset = checked(offset + parameter.Shape.Length);
        }

        _parameters = [.. parameters];
        _steps = new long[_parameters.Length];
        Length = offset;
    }

    /// <summary>The learning rate; schedules set it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative or NaN.</exception>
    public double LearningRate
    {
        get;
        set => field = RequireNotNegative(nameof(LearningRate), value);
    }

    /// <summary>The weight decay.</summary>
    public double WeightDecay { get; }

    /// <summary>The number of steps taken.</summary>
    public long StepCount { get; private set; }

    /// <summary>The number of learned numbers.</summary>
    protected int Length { get; }

    /// <summary>Takes one step. A parameter without a gradient stays as it is.</summary>
    /// <exception cref="InvalidOperationException">The gradients are stale, or a parameter has no value.</exception>
    public void Step(Gradients<T> gradients)
    {
        GradientStore<T> store = gradients.Store;
        Gather();
        StepCount++;
        for (int i = 0; i < _parameters.Length; i++)
        {
            (_, Parameter<T> parameter, int offset) = _parameters[i];
            if (!parameter.Trainable || store.Find(parameter) is not { } entry) continue;
            ReadOnlySpan<T> gradient = entry.Storage is null ? entry.Recorded.Span : entry.Values;
            Update(parameter.Value.Writable, gradient, offset, parameter.Decays ? WeightDecay : 0, ++_steps[i]);
            parameter.Value.Changed();
        }
    }

    /// <summary>
    /// The optimizer's own tensors by name and parameter path, such as <c>square_average.lstm.weight_ih_l0</c>: views, so that
    /// saving reads and loading writes them. The number of steps of each parameter is <see cref="Steps"/>.
    /// </summary>
    public IEnumerable<(string Name, Tensor<T> Value)> NamedStates() => _states.SelectMany(
        state => _parameters.Select(entry => ($"{state.Name}.{entry.Path}", new Tensor<T>(state.Values, entry.Offset, entry.Parameter.Shape))));

    /// <summary>How many times each parameter was stepped, in the order of the parameters.</summary>
    public IReadOnlyList<long> Steps => _steps;

    /// <summary>Sets the numbers of steps, when going on from a checkpoint.</summary>
    /// <param name="stepCount">The steps of the optimizer.</param>
    /// <param name="steps">The steps of each parameter.</param>
    /// <exception cref="ArgumentException">Another number of parameters, or a negative count.</exception>
    public void RestoreSteps(long stepCount, ReadOnlySpan<long> steps)
    {
        if (steps.Length != _steps.Length) Errors.Argument($"The optimizer has {_steps.Length} parameters, but {steps.Length} step counts were given.");
        if (stepCount < 0 || steps.ContainsAnyInRange(long.MinValue, -1)) Errors.Argument("Step counts are 0 or more.");
        steps.CopyTo(_steps);
        StepCount = stepCount;
    }

    /// <summary>Refuses numbers outside [0, 1) and NaN.</summary>
    protected static double RequireFraction(string name, double value)
    {
        if (!(value >= 0 && value < 1)) Errors.OutOfRange(name, value, $"{name} is 0 or more and below 1, not {value}.");
        return value;
    }

    /// <summary>Refuses negative numbers, infinities and NaN.</summary>
    protected static double RequireNotNegative(string name, double value)
    {
        if (!(value >= 0 && double.IsFinite(value))) Errors.OutOfRange(name, value, $"{name} is a finite number of 0 or more, not {value}.");
        return value;
    }

    /// <summary>Declares a state with one number for each learned number, at first <paramref name="initial"/>.</summary>
    protected T[] AddState(string name, double initial = 0)
    {
        T[] values = new T[Length];
        if (initial != 0) Array.Fill(values, T.CreateTruncating(initial));
        _states.Add((name, new Storage<T>(values)));
        return values;
    }

    /// <summary>The rule of one step for one parameter.</summary>
    /// <param name="values">The parameter, changed in place.</param>
    /// <param name="gradient">Its gradient.</param>
    /// <param name="offset">Where its part of each state begins.</param>
    /// <param name="weightDecay">The weight decay for this parameter.</param>
    /// <param name="step">The number of this step for this parameter, from 1 on.</param>
    protected abstract void Update(Span<T> values, ReadOnlySpan<T> gradient, int offset, double weightDecay, long step);

    /// <summary>Moves the parameters into one block. Done at the first step, since they may be initialized or loaded after construction.</summary>
    private void Gather()
    {
        if (_gathered) return;
        Storage<T> slab = new(GC.AllocateUninitializedArray<T>(Length, pinned: true));
        foreach ((string path, Parameter<T> parameter, _) in _parameters)
        {
            if (!parameter.HasValue) Errors.Invalid($"The optimizer cannot step: parameter '{path}' {parameter.Shape} has no value. Call model.Initialize(seed) or load weights first.");
        }

        foreach ((_, Parameter<T> parameter, int offset) in _parameters) parameter.MoveTo(slab, offset);
        _gathered = true;
    }
}
