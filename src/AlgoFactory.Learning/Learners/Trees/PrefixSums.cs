using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// The gradients and hessians of a feature's first bins: what lies left of each cut, and at the end the whole node. Each
/// addition waits for the one before, so four features are summed side by side: a sum's bits are those of a feature alone.
/// </summary>
internal readonly ref struct PrefixSums
{
    /// <summary>Features side by side.</summary>
    public const int Together = 4;

    /// <summary>Doubles that the sums of <see cref="Together"/> features need.</summary>
    public const int BufferLength = Together * 2 * Length;

    /// <summary>All bins with the missing one, and a vector's rest.</summary>
    private const int Length = BinMapper.MaxValueBins + 1 + 3;

    private readonly Span<double> _buffer;

    public PrefixSums(Span<double> buffer) => _buffer = buffer;

    /// <summary>Sums over the first bins of feature <paramref name="i"/>.</summary>
    public Span<double> Gradients(int i) => _buffer.Slice(2 * i * Length, Length);

    /// <inheritdoc cref="Gradients"/>
    public Span<double> Hessians(int i) => _buffer.Slice((2 * i + 1) * Length, Length);

    /// <summary>Sums feature <paramref name="i"/> from a bin on.</summary>
    /// <param name="i">Whose sums these are, below <see cref="Together"/>.</param>
    /// <param name="bins">All its bins, two sums each.</param>
    /// <param name="from">The first bin that is not summed yet.</param>
    public void Add(int i, ReadOnlySpan<double> bins, int from = 0)
    {
        var gradients = Gradients(i);
        var hessians = Hessians(i);
        var sum = from == 0 ? Vector128<double>.Zero : Vector128.Create(gradients[from - 1], hessians[from - 1]);
        for (var bin = from; bin < bins.Length / 2; bin++)
        {
            sum += Vector128.Create(bins.Slice(2 * bin, 2));
            (gradients[bin], hessians[bin]) = (sum[0], sum[1]);
        }
    }

    /// <summary>Sums four features at once.</summary>
    public void Add(ReadOnlySpan<double> bins0, ReadOnlySpan<double> bins1, ReadOnlySpan<double> bins2, ReadOnlySpan<double> bins3)
    {
        var shared = Math.Min(Math.Min(bins0.Length, bins1.Length), Math.Min(bins2.Length, bins3.Length)) / 2;
        if (shared > Length)
            throw new ArgumentException($"A feature has at most {Length} bins here, not {shared}.");
        ref var from0 = ref MemoryMarshal.GetReference(bins0);
        ref var from1 = ref MemoryMarshal.GetReference(bins1);
        ref var from2 = ref MemoryMarshal.GetReference(bins2);
        ref var from3 = ref MemoryMarshal.GetReference(bins3);
        ref var to = ref MemoryMarshal.GetReference(_buffer);
        Vector128<double> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        for (nuint bin = 0; bin < (nuint)shared; bin++)
        {
            sum0 += Vector128.LoadUnsafe(ref from0, 2 * bin);
            sum1 += Vector128.LoadUnsafe(ref from1, 2 * bin);
            sum2 += Vector128.LoadUnsafe(ref from2, 2 * bin);
            sum3 += Vector128.LoadUnsafe(ref from3, 2 * bin);
            Store(ref to, bin, sum0);
            Store(ref to, bin + 2 * Length, sum1);
            Store(ref to, bin + 4 * Length, sum2);
            Store(ref to, bin + 6 * Length, sum3);
        }

        Add(0, bins0, shared);
        Add(1, bins1, shared);
        Add(2, bins2, shared);
        Add(3, bins3, shared);
    }

    private static void Store(ref double to, nuint at, Vector128<double> sum)
    {
        Unsafe.Add(ref to, at) = sum[0];
        Unsafe.Add(ref to, at + Length) = sum[1];
    }
}
