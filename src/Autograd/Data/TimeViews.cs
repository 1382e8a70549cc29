using System.Runtime.InteropServices;

namespace Autograd;

/// <summary>Windows of a tensor along its first axis, time: views, each made once, so that reading on makes no objects once warm.</summary>
internal sealed class TimeViews<T>(Tensor<T> whole)
    where T : unmanaged
{
    private readonly Dictionary<(int Start, int Steps), Tensor<T>> _views = [];

    public Tensor<T> Whole => whole;

    public Tensor<T> At(int start, int steps)
    {
        // Passes of many kinds over one stream could otherwise keep a view of each start and length.
        if (_views.Count > 4 * whole.Shape[0]) _views.Clear();
        ref Tensor<T>? view = ref CollectionsMarshal.GetValueRefOrAddDefault(_views, (start, steps), out _);
        return view ??= whole[start..(start + steps)];
    }
}

/// <summary>What chunks of all kinds share.</summary>
internal static class TimeViews
{
    /// <summary>The number of a chunk of equal chunks: 0 for the first step alone.</summary>
    public static int IndexOf(int start, int steps) => (start + steps - 1) / Math.Max(1, steps);

    /// <summary>The place of some steps within a chunk that has no source to read others from.</summary>
    public static Range Within(string name, int start, int steps, int ownStart, int ownSteps)
    {
        if (start < ownStart || steps < 0 || start + steps > ownStart + ownSteps)
        {
            Errors.Argument($"{name}: steps {start} … {start + steps - 1} were asked for, but this chunk was made by hand and holds steps {ownStart} … {ownStart + ownSteps - 1} only. Read chunks from a stream, which knows the steps around them.");
        }

        return (start - ownStart)..(start - ownStart + steps);
    }
}
