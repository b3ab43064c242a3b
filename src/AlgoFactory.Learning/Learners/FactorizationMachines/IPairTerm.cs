namespace AlgoFactory.Learning.Learners.FactorizationMachines;

/// <summary>
/// The second-order term of a factorization machine: Σ over pairs i &lt; j of ⟨v, v'⟩ x_i x_j. Immutable and thread-safe:
/// what it works out of a row lies in scratch memory of the caller.
/// </summary>
internal interface IPairTerm
{
    /// <summary>Floats a slot in the table of factors.</summary>
    int Stride { get; }

    /// <summary>Floats of scratch memory.</summary>
    int ScratchLength { get; }

    /// <summary>Whether a float of a slot is a factor; what pads it to the vector's width is not, and stays 0.</summary>
    bool IsFactor(int offset);

    /// <summary>Works out of a row what <see cref="Share"/> and <see cref="Step"/> read.</summary>
    void Prepare(FieldRow row, ReadOnlySpan<float> factors, Span<float> scratch);

    /// <summary>The sum of the pairs that entry <paramref name="i"/> is in; half of the sum over all entries is the term.</summary>
    float Share(FieldRow row, int i, ReadOnlySpan<float> factors, ReadOnlySpan<float> scratch);

    /// <summary>One AdaGrad step of the factors of a row's entries; the gradient is the loss's derivative by the score.</summary>
    void Step(FieldRow row, float gradient, AdaGrad rule, Span<float> factors, Span<float> squares, ReadOnlySpan<float> scratch);
}
