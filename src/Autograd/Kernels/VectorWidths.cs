namespace Autograd.Kernels;

/// <summary>Work that is written once for every vector width.</summary>
internal interface IWideWork<T>
    where T : unmanaged
{
    void Run<V>()
        where V : unmanaged, IVector<V, T>;
}

/// <summary>Runs work at a vector width that is known only at run time.</summary>
internal static class VectorWidths
{
    internal static void Run<T, TWork>(int vectorBits, TWork work)
        where T : unmanaged
        where TWork : struct, IWideWork<T>
    {
        switch (vectorBits)
        {
            case 512:
                work.Run<Vec512<T>>();
                break;
            case 256:
                work.Run<Vec256<T>>();
                break;
            default:
                work.Run<Vec128<T>>();
                break;
        }
    }
}
