namespace Autograd;

/// <summary>The function of a vanilla recurrent network between its steps.</summary>
public enum Nonlinearity
{
    /// <summary>tanh.</summary>
    Tanh,

    /// <summary>max(0, ·).</summary>
    Relu,
}
