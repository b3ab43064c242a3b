using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.FactorizationMachines;

/// <summary>
/// The score of a row: bias + Σ w x + the second-order term. The weights are shared by all that hold the object; training
/// writes to them, a fitted model does not.
/// </summary>
internal sealed class FactorizationWeights
{
    public FactorizationWeights(IPairTerm pairs, float[] linear, float[] factors, float bias)
    {
        (Pairs, Linear, Factors, Bias) = (pairs, linear, factors, bias);
    }

    public IPairTerm Pairs { get; }

    /// <summary>One weight a slot.</summary>
    public float[] Linear { get; }

    /// <summary>Slots × <see cref="IPairTerm.Stride"/>.</summary>
    public float[] Factors { get; }

    public float Bias { get; set; }

    /// <summary>Small random factors, both signs alike, so that at first no pair says anything; no linear weights.</summary>
    /// <param name="pairs">The second-order term.</param>
    /// <param name="slots">Slots.</param>
    /// <param name="bias">The score of a row before training.</param>
    /// <param name="spread">The greatest factor.</param>
    /// <param name="seed">The seed.</param>
    public static FactorizationWeights Create(IPairTerm pairs, int slots, float bias, float spread, int seed)
    {
        var factors = new float[checked(slots * pairs.Stride)];
        for (var i = 0; i < factors.Length; i++)
        {
            if (!pairs.IsFactor(i % pairs.Stride))
                continue;
            var unit = (FoldAssignment.Mix(((ulong)(uint)seed << 32) + (uint)i) >> 40) * (1f / (1 << 24));
            factors[i] = spread * (2 * unit - 1);
        }

        return new FactorizationWeights(pairs, new float[slots], factors, bias);
    }

    /// <summary>A field-aware machine that says the same as one with a vector a slot: each field's vector is a copy of that one.</summary>
    /// <param name="pairs">The field-aware term, of as many factors.</param>
    /// <param name="shared">The machine with one vector a slot.</param>
    public static FactorizationWeights Apart(FfmPairTerm pairs, FactorizationWeights shared)
    {
        var factors = new float[checked(shared.Linear.Length * pairs.Stride)];
        for (var slot = 0; slot < shared.Linear.Length; slot++)
            pairs.Repeat(shared.Factors.AsSpan(slot * shared.Pairs.Stride, shared.Pairs.Stride), factors.AsSpan(slot * pairs.Stride, pairs.Stride));
        return new FactorizationWeights(pairs, shared.Linear, factors, shared.Bias);
    }

    /// <summary>The score of a row; leaves in <paramref name="scratch"/> what a step on the same row reads.</summary>
    public float Score(FieldRow row, Span<float> scratch)
    {
        Pairs.Prepare(row, Factors, scratch);
        float linear = Bias, pairs = 0;
        for (var i = 0; i < row.Length; i++)
        {
            linear += row.Values[i] * Linear[row.Slots[i]];
            pairs += Pairs.Share(row, i, Factors, scratch);
        }

        return linear + 0.5f * pairs;
    }

    /// <summary>A copy that training does not touch.</summary>
    public FactorizationWeights Copy() => new(Pairs, (float[])Linear.Clone(), (float[])Factors.Clone(), Bias);

    /// <summary>Takes the values of a copy.</summary>
    public void Restore(FactorizationWeights copy)
    {
        copy.Linear.CopyTo(Linear, 0);
        copy.Factors.CopyTo(Factors, 0);
        Bias = copy.Bias;
    }
}
