using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Autograd.Kernels;

/// <summary>
/// Copies a matrix into its transpose, in blocks that fit into registers where the machine has AVX: 8 × 8 floats or 4 × 4 doubles. On the
/// calling thread, which may have rows of a larger matrix.
/// </summary>
internal static unsafe class Transposition
{
    /// <summary>destination[column, row] = source[row, column] for rows × columns elements.</summary>
    [MethodImpl(Simd.HotLoop)]
    internal static void Copy<T>(T* source, nint sourceRow, int rows, int columns, T* destination, nint destinationRow)
        where T : unmanaged
    {
        int side = sizeof(T) == 4 ? 8 : 4;
        int wholeRows = Avx.IsSupported ? rows / side * side : 0, wholeColumns = columns / side * side;
        for (int row = 0; row < wholeRows; row += side)
        {
            T* from = source + (row * sourceRow);
            for (int column = 0; column < wholeColumns; column += side)
            {
                T* to = destination + (column * destinationRow) + row;
                if (sizeof(T) == 4)
                {
                    Block8((float*)(from + column), sourceRow, (float*)to, destinationRow);
                }
                else
                {
                    Block4((double*)(from + column), sourceRow, (double*)to, destinationRow);
                }
            }
        }
        for (int row = 0; row < rows; row++)
        {
            for (int column = row < wholeRows ? wholeColumns : 0; column < columns; column++)
            {
                destination[(column * destinationRow) + row] = source[(row * sourceRow) + column];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block8(float* source, nint sourceRow, float* destination, nint destinationRow)
    {
        Vector256<float> r0 = Vector256.Load(source), r1 = Vector256.Load(source + sourceRow);
        Vector256<float> r2 = Vector256.Load(source + (2 * sourceRow)), r3 = Vector256.Load(source + (3 * sourceRow));
        source += 4 * sourceRow;
        Vector256<float> r4 = Vector256.Load(source), r5 = Vector256.Load(source + sourceRow);
        Vector256<float> r6 = Vector256.Load(source + (2 * sourceRow)), r7 = Vector256.Load(source + (3 * sourceRow));

        Vector256<double> a0 = Avx.UnpackLow(r0, r1).AsDouble(), a1 = Avx.UnpackHigh(r0, r1).AsDouble();
        Vector256<double> a2 = Avx.UnpackLow(r2, r3).AsDouble(), a3 = Avx.UnpackHigh(r2, r3).AsDouble();
        Vector256<double> a4 = Avx.UnpackLow(r4, r5).AsDouble(), a5 = Avx.UnpackHigh(r4, r5).AsDouble();
        Vector256<double> a6 = Avx.UnpackLow(r6, r7).AsDouble(), a7 = Avx.UnpackHigh(r6, r7).AsDouble();

        Vector256<float> b0 = Avx.UnpackLow(a0, a2).AsSingle(), b1 = Avx.UnpackHigh(a0, a2).AsSingle();
        Vector256<float> b2 = Avx.UnpackLow(a1, a3).AsSingle(), b3 = Avx.UnpackHigh(a1, a3).AsSingle();
        Vector256<float> b4 = Avx.UnpackLow(a4, a6).AsSingle(), b5 = Avx.UnpackHigh(a4, a6).AsSingle();
        Vector256<float> b6 = Avx.UnpackLow(a5, a7).AsSingle(), b7 = Avx.UnpackHigh(a5, a7).AsSingle();

        Avx.Permute2x128(b0, b4, 0x20).Store(destination);
        Avx.Permute2x128(b1, b5, 0x20).Store(destination + destinationRow);
        Avx.Permute2x128(b2, b6, 0x20).Store(destination + (2 * destinationRow));
        Avx.Permute2x128(b3, b7, 0x20).Store(destination + (3 * destinationRow));
        destination += 4 * destinationRow;
        Avx.Permute2x128(b0, b4, 0x31).Store(destination);
        Avx.Permute2x128(b1, b5, 0x31).Store(destination + destinationRow);
        Avx.Permute2x128(b2, b6, 0x31).Store(destination + (2 * destinationRow));
        Avx.Permute2x128(b3, b7, 0x31).Store(destination + (3 * destinationRow));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block4(double* source, nint sourceRow, double* destination, nint destinationRow)
    {
        Vector256<double> r0 = Vector256.Load(source), r1 = Vector256.Load(source + sourceRow);
        Vector256<double> r2 = Vector256.Load(source + (2 * sourceRow)), r3 = Vector256.Load(source + (3 * sourceRow));
        Vector256<double> a0 = Avx.UnpackLow(r0, r1), a1 = Avx.UnpackHigh(r0, r1);
        Vector256<double> a2 = Avx.UnpackLow(r2, r3), a3 = Avx.UnpackHigh(r2, r3);
        Avx.Permute2x128(a0, a2, 0x20).Store(destination);
        Avx.Permute2x128(a1, a3, 0x20).Store(destination + destinationRow);
        Avx.Permute2x128(a0, a2, 0x31).Store(destination + (2 * destinationRow));
        Avx.Permute2x128(a1, a3, 0x31).Store(destination + (3 * destinationRow));
    }
}
