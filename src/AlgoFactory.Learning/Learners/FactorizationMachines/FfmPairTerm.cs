using AlgoFactory.Learning.Learners.Linear;

namespace AlgoFactory.Learning.Learners.FactorizationMachines;

/// <summary>
/// One vector of factors for each slot and field: entry i meets entry j with the vector that it keeps for j's field,
/// Σ_i&lt;j ⟨v_i,f(j), v_j,f(i)⟩ x_i x_j. (Juan et al., Field-aware factorization machines for CTR prediction, 2016.)
/// </summary>
/// <remarks>
/// A row is first turned into what each field sees of it: seen[a][b] = Σ of x_j v_j,a over the entries j of field b. Then
/// the pairs of an entry i of field a are one contiguous dot product, x_i ⟨v_i, seen[a]⟩, and so is their gradient. Within
/// a field of several entries an entry must not meet itself; the block seen[a][a] of a field with one entry is 0.
/// The cost is entries × fields × factors, also where a field has many entries, such as the words of a text.
/// </remarks>
internal sealed class FfmPairTerm : IPairTerm
{
    private const int Lanes = 8;
    private const int BlockLanes = 4;

    private readonly int _fields;
    private readonly int _factors;

    /// <param name="fields">Fields.</param>
    /// <param name="factors">Factors of each slot for each field.</param>
    public FfmPairTerm(int fields, int factors)
    {
        _fields = fields;
        _factors = factors;
        Width = (factors + BlockLanes - 1) / BlockLanes * BlockLanes;
        Stride = (fields * Width + Lanes - 1) / Lanes * Lanes;
    }

    /// <inheritdoc/>
    public int Stride { get; }

    /// <summary>Floats of a slot's vector for one field.</summary>
    public int Width { get; }

    /// <summary>seen, a row a field; then the number of entries of each field.</summary>
    public int ScratchLength => _fields * Stride + _fields;

    /// <inheritdoc/>
    public bool IsFactor(int offset) => offset < _fields * Width && offset % Width < _factors;

    /// <summary>Writes one vector as a slot's vector for every field.</summary>
    public void Repeat(ReadOnlySpan<float> vector, Span<float> slot)
    {
        for (var field = 0; field < _fields; field++)
            vector[.._factors].CopyTo(slot[(field * Width)..]);
    }

    /// <inheritdoc/>
    public void Prepare(FieldRow row, ReadOnlySpan<float> factors, Span<float> scratch)
    {
        var seen = scratch[..(_fields * Stride)];
        var counts = scratch.Slice(_fields * Stride, _fields);
        counts.Clear();
        for (var i = 0; i < row.Length; i++)
        {
            var field = row.Fields[i];
            var own = factors.Slice(row.Slots[i] * Stride, _fields * Width);
            FactorKernels.Spread(own, Width, row.Values[i], seen[(field * Width)..], Stride, counts[field] > 0);
            counts[field]++;
        }

        for (var field = 0; field < _fields; field++)
        {
            seen[(field * Stride + _fields * Width)..((field + 1) * Stride)].Clear();
            if (counts[field] == 1)
                seen.Slice(field * Stride + field * Width, Width).Clear();
            else if (counts[field] == 0)
                for (var a = 0; a < _fields; a++)
                    seen.Slice(a * Stride + field * Width, Width).Clear();
        }
    }

    /// <inheritdoc/>
    public float Share(FieldRow row, int i, ReadOnlySpan<float> factors, ReadOnlySpan<float> scratch)
    {
        var (x, field) = (row.Values[i], row.Fields[i]);
        var own = factors.Slice(row.Slots[i] * Stride, Stride);
        var sum = LinearKernels.Dot(own, scratch.Slice(field * Stride, Stride));
        if (scratch[_fields * Stride + field] > 1)
        {
            var within = own.Slice(field * Width, Width);
            sum -= x * LinearKernels.Dot(within, within);
        }

        return x * sum;
    }

    /// <inheritdoc/>
    public void Step(FieldRow row, float gradient, AdaGrad rule, Span<float> factors, Span<float> squares, ReadOnlySpan<float> scratch)
    {
        for (var i = 0; i < row.Length; i++)
        {
            var (x, field, start) = (row.Values[i], row.Fields[i], row.Slots[i] * Stride);
            var own = factors.Slice(start, Stride);
            var ownSquares = squares.Slice(start, Stride);
            var seen = scratch.Slice(field * Stride, Stride);
            var pull = gradient * x;
            if (scratch[_fields * Stride + field] <= 1)
            {
                FactorKernels.Step(own, ownSquares, seen, pull, rule.L2, rule.LearningRate);
                continue;
            }

            var (from, to) = (field * Width, (field + 1) * Width);
            FactorKernels.Step(own[..from], ownSquares[..from], seen[..from], pull, rule.L2, rule.LearningRate);
            FactorKernels.Step(own[from..to], ownSquares[from..to], seen[from..to], pull, rule.L2 - pull * x, rule.LearningRate);
            FactorKernels.Step(own[to..], ownSquares[to..], seen[to..], pull, rule.L2, rule.LearningRate);
        }
    }
}
