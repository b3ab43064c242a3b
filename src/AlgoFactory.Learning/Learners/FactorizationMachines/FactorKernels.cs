using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AlgoFactory.Learning.Learners.FactorizationMachines;

/// <summary>What AdaGrad needs beside the gradient.</summary>
/// <param name="LearningRate">The step's length where a weight's squared gradients sum to 1.</param>
/// <param name="L2">The penalty's factor.</param>
internal readonly record struct AdaGrad(float LearningRate, float L2);

/// <summary>
/// The inner loops over factors. All are elementwise, so their bits depend neither on the processor's width nor on where
/// a row lies in memory.
/// </summary>
internal static class FactorKernels
{
    private const int Lanes = 8;

    /// <summary>
    /// One AdaGrad step (Duchi et al., 2011) of a block of factors whose gradient is pull × target + keep × factor:
    /// squares += gradient², factor -= rate × gradient / √squares.
    /// </summary>
    public static void Step(Span<float> factors, Span<float> squares, ReadOnlySpan<float> targets, float pull, float keep, float rate)
    {
        ref var v = ref MemoryMarshal.GetReference(factors);
        ref var s = ref MemoryMarshal.GetReference(squares[..factors.Length]);
        ref var t = ref MemoryMarshal.GetReference(targets[..factors.Length]);
        var (pulls, keeps, rates) = (Vector256.Create(pull), Vector256.Create(keep), Vector256.Create(rate));
        nuint i = 0, n = (nuint)factors.Length;
        for (; i + Lanes <= n; i += Lanes)
        {
            var factor = Vector256.LoadUnsafe(ref v, i);
            var gradient = Vector256.FusedMultiplyAdd(pulls, Vector256.LoadUnsafe(ref t, i), keeps * factor);
            var square = Vector256.FusedMultiplyAdd(gradient, gradient, Vector256.LoadUnsafe(ref s, i));
            square.StoreUnsafe(ref s, i);
            (factor - rates * gradient / Vector256.Sqrt(square)).StoreUnsafe(ref v, i);
        }

        for (; i < n; i++)
            Step(ref Unsafe.Add(ref v, i), ref Unsafe.Add(ref s, i), MathF.FusedMultiplyAdd(pull, Unsafe.Add(ref t, i), keep * Unsafe.Add(ref v, i)), rate);
    }

    /// <summary>One AdaGrad step of one weight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Step(ref float weight, ref float squares, float gradient, float rate)
    {
        squares = MathF.FusedMultiplyAdd(gradient, gradient, squares);
        weight -= rate * gradient / MathF.Sqrt(squares);
    }

    /// <summary>
    /// Sets (or adds) scale × block for each block of <paramref name="width"/> (a multiple of 4) values: block a of
    /// <paramref name="from"/> goes to <c>to[a × stride ..]</c>. It turns the factors that one entry has for every field
    /// into the column of what every field sees of it.
    /// </summary>
    public static void Spread(ReadOnlySpan<float> from, int width, float scale, Span<float> to, int stride, bool add)
    {
        var blocks = from.Length / width;
        if (blocks == 0)
            return;
        ref var source = ref MemoryMarshal.GetReference(from);
        ref var target = ref MemoryMarshal.GetReference(to[..((blocks - 1) * stride + width)]);
        var scales = Vector128.Create(scale);
        nuint at = 0;
        for (nuint block = 0; block < (nuint)blocks; block++)
        {
            var place = block * (nuint)stride;
            for (nuint i = 0; i < (nuint)width; i += 4, at += 4)
            {
                var value = scales * Vector128.LoadUnsafe(ref source, at);
                (add ? value + Vector128.LoadUnsafe(ref target, place + i) : value).StoreUnsafe(ref target, place + i);
            }
        }
    }
}
