using AlgoFactory.Learning.Learners.Linear;

namespace AlgoFactory.Learning.Learners.FactorizationMachines;

/// <summary>
/// One vector of factors a slot; all pairs in O(factors × entries), as Σ_i&lt;j ⟨v_i, v_j⟩ x_i x_j = ½ Σ_i x_i ⟨v_i, s - x_i v_i⟩ with
/// s = Σ x_i v_i. (Rendle, Factorization machines, 2010.)
/// </summary>
internal sealed class FmPairTerm(int factors) : IPairTerm
{
    private const int Lanes = 8;

    /// <inheritdoc/>
    public int Stride { get; } = (factors + Lanes - 1) / Lanes * Lanes;

    /// <inheritdoc/>
    public int ScratchLength => Stride;

    /// <inheritdoc/>
    public bool IsFactor(int offset) => offset < factors;

    /// <inheritdoc/>
    public void Prepare(FieldRow row, ReadOnlySpan<float> factors, Span<float> scratch)
    {
        var sum = scratch[..Stride];
        sum.Clear();
        for (var i = 0; i < row.Length; i++)
            LinearKernels.AddScaled(sum, row.Values[i], Of(factors, row.Slots[i]));
    }

    /// <inheritdoc/>
    public float Share(FieldRow row, int i, ReadOnlySpan<float> factors, ReadOnlySpan<float> scratch)
    {
        var x = row.Values[i];
        var own = Of(factors, row.Slots[i]);
        return x * (LinearKernels.Dot(own, scratch[..Stride]) - x * LinearKernels.Dot(own, own));
    }

    /// <inheritdoc/>
    public void Step(FieldRow row, float gradient, AdaGrad rule, Span<float> factors, Span<float> squares, ReadOnlySpan<float> scratch)
    {
        for (var i = 0; i < row.Length; i++)
        {
            var (x, start) = (row.Values[i], row.Slots[i] * Stride);
            FactorKernels.Step(
                factors.Slice(start, Stride), squares.Slice(start, Stride), scratch[..Stride], gradient * x, rule.L2 - gradient * x * x, rule.LearningRate);
        }
    }

    private ReadOnlySpan<float> Of(ReadOnlySpan<float> factors, int slot) => factors.Slice(slot * Stride, Stride);
}
