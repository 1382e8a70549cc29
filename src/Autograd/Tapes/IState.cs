using System.Numerics;

namespace Autograd;

/// <summary>
/// A bundle of variables that travels together, such as the state of a recurrent cell. One method, which applies a map to
/// each of its variables, is all that carrying, masking and making zeros need.
/// </summary>
/// <example><code>
/// public readonly record struct Pair(Variable&lt;float&gt; A, Variable&lt;float&gt; B) : IState&lt;Pair, float&gt;
/// {
///     public Pair Map&lt;TMap&gt;(ref TMap map) where TMap : IVariableMap&lt;float&gt;, allows ref struct => new(map.Apply(A), map.Apply(B));
/// }
/// </code></example>
public interface IState<TSelf, T>
    where TSelf : struct, IState<TSelf, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The state whose variables are those of this one after <paramref name="map"/>, visited in a fixed order.</summary>
    TSelf Map<TMap>(ref TMap map)
        where TMap : IVariableMap<T>, allows ref struct;
}

/// <summary>A function from variable to variable that may keep state of its own; see <see cref="IState{TSelf, T}.Map"/>.</summary>
public interface IVariableMap<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>What takes the place of <paramref name="variable"/>.</summary>
    Variable<T> Apply(Variable<T> variable);
}
