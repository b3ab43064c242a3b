using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Linear;

namespace AlgoFactory.Learning.Learners.Text;

/// <summary>The sizes of a network.</summary>
/// <param name="Outputs">Scores a row.</param>
/// <param name="Dense">Dense features.</param>
/// <param name="Sparse">Terms.</param>
/// <param name="Dim">The length of a term's vector.</param>
internal readonly record struct FastTextSizes(int Outputs, int Dense, int Sparse, int Dim)
{
    /// <summary>All weights.</summary>
    public long Length => (long)Sparse * Dim + (long)Outputs * (Dim + Dense + 1);
}

/// <summary>
/// A row's hidden vector is the sum of its terms' vectors, each times the term's share (their average: Joulin et al., 2016;
/// runs of characters are terms too: Bojanowski et al., 2017); its scores are linear in that vector and in the dense features
/// beside the text. Steps write to the weights, all else reads them.
/// </summary>
internal sealed class FastTextNetwork
{
    /// <summary>Standardised features beyond are held there: one far-off value must not throw the weights about.</summary>
    private const float MostDense = 8;

    /// <summary>The part of a row's error that one layer's step may take away; all three together must not reach 2.</summary>
    private const float Safe = 0.5f;

    public FastTextNetwork(FastTextSizes sizes, float[] embeddings, float[] output, float[] dense, float[] bias) =>
        (Sizes, Embeddings, Output, Dense, Bias) = (sizes, embeddings, output, dense, bias);

    /// <summary>The sizes.</summary>
    public FastTextSizes Sizes { get; }

    /// <summary>A vector a term.</summary>
    public float[] Embeddings { get; }

    /// <summary>A vector an output, of the hidden vector's length.</summary>
    public float[] Output { get; }

    /// <summary>A weight for each output and dense feature.</summary>
    public float[] Dense { get; }

    /// <summary>A bias an output.</summary>
    public float[] Bias { get; }

    /// <summary>A network whose terms' vectors are uniform in ±1/dim and whose scores are the biases, as fastText starts.</summary>
    public static FastTextNetwork Create(FastTextSizes sizes, ReadOnlySpan<float> bias, int seed)
    {
        var embeddings = new float[sizes.Sparse * sizes.Dim];
        var start = FoldAssignment.Mix((ulong)(uint)seed);
        for (var i = 0; i < embeddings.Length; i++)
            embeddings[i] = ((FoldAssignment.Mix(start + (ulong)i) >> 40) * (2f / (1 << 24)) - 1) / sizes.Dim;
        return new FastTextNetwork(sizes, embeddings, new float[sizes.Outputs * sizes.Dim], new float[sizes.Outputs * sizes.Dense], bias.ToArray());
    }

    /// <summary>A copy that later steps do not change.</summary>
    public FastTextNetwork Copy() => new(Sizes, [.. Embeddings], [.. Output], [.. Dense], [.. Bias]);

    /// <summary>A dense feature as the network reads it: what is not finite counts as 0.</summary>
    public static float Read(float value) => float.IsFinite(value) ? Math.Clamp(value, -MostDense, MostDense) : 0;

    /// <summary>A row's scores, before the link; <paramref name="scratch"/> holds its hidden vector, then its dense features.</summary>
    public void Scores(FeatureBatch rows, int row, Span<float> scratch, Span<float> scores)
    {
        var hidden = scratch[..Sizes.Dim];
        hidden.Clear();
        if (rows.Sparse is { } sparse)
        {
            var indices = sparse.Indices(row);
            var values = sparse.Values(row);
            for (var i = 0; i < indices.Length; i++)
                LinearKernels.AddScaled(hidden, values[i], Embeddings.AsSpan(indices[i] * Sizes.Dim, Sizes.Dim));
        }

        var dense = scratch.Slice(Sizes.Dim, Sizes.Dense);
        var given = rows.Row(row);
        for (var f = 0; f < dense.Length; f++)
            dense[f] = Read(given[f]);
        for (var k = 0; k < scores.Length; k++)
            scores[k] = Bias[k]
                + LinearKernels.Dot(hidden, Output.AsSpan(k * Sizes.Dim, Sizes.Dim))
                + LinearKernels.Dot(dense, Dense.AsSpan(k * Sizes.Dense, Sizes.Dense));
    }

    /// <summary>A step down the loss of the row that <see cref="Scores"/> has just read into <paramref name="scratch"/>.</summary>
    /// <remarks>
    /// Each layer's step is divided by the squared length of what the row gives it, as in normalised least mean squares: the
    /// share of each of a text's n terms is 1/n, so without it a long text would hardly move its terms. A step that the other
    /// layer's length would make overshoot is shortened: long vectors on both sides would drive each other out of bounds.
    /// </remarks>
    /// <param name="rows">The rows.</param>
    /// <param name="row">The row.</param>
    /// <param name="scratch">As <see cref="Scores"/> left it.</param>
    /// <param name="residuals">The loss's derivatives by the scores.</param>
    /// <param name="rate">The step's length.</param>
    /// <param name="backward">Room for the derivatives by the hidden vector.</param>
    public void Step(FeatureBatch rows, int row, ReadOnlySpan<float> scratch, ReadOnlySpan<float> residuals, float rate, Span<float> backward)
    {
        var error = LinearKernels.Dot(residuals, residuals);
        if (error == 0)
            return;
        var hidden = scratch[..Sizes.Dim];
        var dense = scratch.Slice(Sizes.Dim, Sizes.Dense);
        var outputRate = Math.Min(rate, Safe / LinearKernels.Dot(hidden, hidden));
        var denseRate = Math.Min(rate, Safe) / (1 + LinearKernels.Dot(dense, dense));
        backward.Clear();
        for (var k = 0; k < residuals.Length; k++)
        {
            var weights = Output.AsSpan(k * Sizes.Dim, Sizes.Dim);
            LinearKernels.AddScaled(backward, residuals[k], weights);
            LinearKernels.AddScaled(weights, -outputRate * residuals[k], hidden);
            LinearKernels.AddScaled(Dense.AsSpan(k * Sizes.Dense, Sizes.Dense), -denseRate * residuals[k], dense);
            Bias[k] -= denseRate * residuals[k];
        }

        if (rows.Sparse is not { } sparse || sparse.Values(row) is not { IsEmpty: false } values)
            return;
        var indices = sparse.Indices(row);
        var termRate = Math.Min(rate, Safe * error / LinearKernels.Dot(backward, backward)) / LinearKernels.Dot(values, values);
        for (var i = 0; i < indices.Length; i++)
            LinearKernels.AddScaled(Embeddings.AsSpan(indices[i] * Sizes.Dim, Sizes.Dim), -termRate * values[i], backward);
    }
}
