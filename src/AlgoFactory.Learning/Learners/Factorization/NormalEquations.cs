using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AlgoFactory.Learning.Learners.Factorization;

/// <summary>
/// One least-squares problem (Σ x xᵀ + Λ) w = Σ y x of a user or an item: collects its rows, then solves it by Cholesky,
/// or under w ≥ 0 by coordinate descent. Scratch of one thread; only the lower triangle is kept.
/// </summary>
internal sealed class NormalEquations
{
    private const int Rows = 4;
    private const int Sweeps = 8;

    private readonly int _stride;
    private readonly float[] _gram;
    private readonly float[] _right;
    private readonly float[] _pending;
    private int _pendingRows;

    /// <summary>Makes room for problems of that many unknowns.</summary>
    public NormalEquations(int unknowns)
    {
        Unknowns = unknowns;
        _stride = DotKernels.Padded(unknowns);
        _gram = new float[unknowns * _stride];
        _right = new float[_stride];
        _pending = new float[Rows * _stride];
    }

    /// <summary>Unknowns.</summary>
    public int Unknowns { get; }

    /// <summary>Begins with nothing, or with another problem's Σ x xᵀ times a factor.</summary>
    public void Clear(NormalEquations? start = null, float factor = 1)
    {
        Array.Clear(_right);
        Array.Clear(_pending);
        _pendingRows = 0;
        if (start is null)
            Array.Clear(_gram);
        else
            System.Numerics.Tensors.TensorPrimitives.Multiply(start._gram, factor, _gram);
    }

    /// <summary>Adds another problem's Σ x xᵀ.</summary>
    public void AddGram(NormalEquations other) => System.Numerics.Tensors.TensorPrimitives.Add(_gram, other._gram, _gram);

    /// <summary>Adds a row with its target. <paramref name="x"/> is one value for each unknown.</summary>
    public void Add(ReadOnlySpan<float> x, float target)
    {
        x[..Unknowns].CopyTo(_pending.AsSpan(_pendingRows * _stride));
        DotKernels.AddScaled(target, _pending.AsSpan(_pendingRows * _stride, _stride), _right);
        if (++_pendingRows == Rows)
            Flush();
    }

    /// <summary>Adds the rows that wait to be added four at a time.</summary>
    public void Flush()
    {
        if (_pendingRows == 0)
            return;
        ref var gram = ref MemoryMarshal.GetArrayDataReference(_gram);
        ref var x0 = ref MemoryMarshal.GetArrayDataReference(_pending);
        ref var x1 = ref Unsafe.Add(ref x0, _stride);
        ref var x2 = ref Unsafe.Add(ref x1, _stride);
        ref var x3 = ref Unsafe.Add(ref x2, _stride);
        for (var row = 0; row < Unknowns; row++)
        {
            ref var sums = ref Unsafe.Add(ref gram, (nint)row * _stride);
            var (a, b) = (Vector256.Create(Unsafe.Add(ref x0, row)), Vector256.Create(Unsafe.Add(ref x1, row)));
            var (c, d) = (Vector256.Create(Unsafe.Add(ref x2, row)), Vector256.Create(Unsafe.Add(ref x3, row)));
            for (nuint i = 0; i <= (nuint)row; i += DotKernels.Lanes)
            {
                var sum = Vector256.FusedMultiplyAdd(a, Vector256.LoadUnsafe(ref x0, i), Vector256.LoadUnsafe(ref sums, i));
                var more = Vector256.FusedMultiplyAdd(c, Vector256.LoadUnsafe(ref x2, i), d * Vector256.LoadUnsafe(ref x3, i));
                (Vector256.FusedMultiplyAdd(b, Vector256.LoadUnsafe(ref x1, i), sum) + more).StoreUnsafe(ref sums, i);
            }
        }

        Array.Clear(_pending);
        _pendingRows = 0;
    }

    /// <summary>Adds to the diagonal: to the factors' part, and to the last unknown (a bias) its own.</summary>
    public void Regularize(float factors, float last)
    {
        Flush();
        for (var i = 0; i < Unknowns; i++)
            _gram[i * _stride + i] += i == Unknowns - 1 ? last : factors;
    }

    /// <summary>Solves; the problem is used up. <paramref name="solution"/> has one place for each unknown.</summary>
    public void Solve(Span<float> solution)
    {
        Flush();
        Factorize();
        _right.AsSpan(0, Unknowns).CopyTo(solution);
        for (var i = 0; i < Unknowns; i++)
            solution[i] = (solution[i] - Dot(_gram.AsSpan(i * _stride, i), solution[..i])) / _gram[i * _stride + i];
        for (var i = Unknowns - 1; i >= 0; i--)
        {
            solution[i] /= _gram[i * _stride + i];
            for (var j = 0; j < i; j++)
                solution[j] -= solution[i] * _gram[i * _stride + j];
        }
    }

    /// <summary>
    /// Improves a solution whose first <paramref name="bounded"/> unknowns may not be negative: some sweeps of exact
    /// coordinate descent (Hsieh and Dhillon, KDD 2011). Each step lessens the loss, so alternating still converges.
    /// </summary>
    public void SolveNonNegative(Span<float> solution, int bounded)
    {
        Flush();
        for (var sweep = 0; sweep < Sweeps; sweep++)
            for (var i = 0; i < Unknowns; i++)
            {
                var slope = _right[i] - Dot(_gram.AsSpan(i * _stride, i), solution[..i]);
                for (var j = i; j < Unknowns; j++)
                    slope -= _gram[j * _stride + i] * solution[j];
                var value = solution[i] + slope / _gram[i * _stride + i];
                solution[i] = i < bounded ? Math.Max(0, value) : value;
            }
    }

    private void Factorize()
    {
        for (var j = 0; j < Unknowns; j++)
        {
            var column = _gram.AsSpan(j * _stride, j);
            // The diagonal is positive by its regularisation; the floor only holds off what rounding could do to it.
            var pivot = MathF.Sqrt(Math.Max(1e-12f, _gram[j * _stride + j] - Dot(column, column)));
            _gram[j * _stride + j] = pivot;
            for (var i = j + 1; i < Unknowns; i++)
                _gram[i * _stride + j] = (_gram[i * _stride + j] - Dot(_gram.AsSpan(i * _stride, j), column)) / pivot;
        }
    }

    /// <summary>A product of any length.</summary>
    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        ref var x = ref MemoryMarshal.GetReference(a);
        ref var y = ref MemoryMarshal.GetReference(b);
        var sum = Vector256<float>.Zero;
        var i = 0;
        for (; i + DotKernels.Lanes <= a.Length; i += DotKernels.Lanes)
            sum = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref x, (nuint)i), Vector256.LoadUnsafe(ref y, (nuint)i), sum);
        var rest = Vector256.Sum(sum);
        for (; i < a.Length; i++)
            rest += a[i] * b[i];
        return rest;
    }
}
