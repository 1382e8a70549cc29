using System.Runtime.CompilerServices;

namespace Autograd.Tests;

/// <summary>All tests run with tape memory filled with NaN before and after use, so that reads of undefined values are loud.</summary>
internal static class PoisonedMemory
{
    [ModuleInitializer]
    internal static void TurnOn()
    {
        Arena<float>.Poison = true;
        Arena<double>.Poison = true;
    }
}
