using AlgoFactory.Learning.Features;
using AlgoFactory.Torch.Networks;
using AlgoFactory.Torch.Worker.Modules;
using AlgoFactory.Torch.Worker.Tensors;

namespace AlgoFactory.Torch.Worker.Training;

/// <summary>Texts: batches are as long as their longest row, of which some tokens are left out in training.</summary>
internal sealed class TextExamples(TextNetSpec spec, double dropout, TokenBlock tokens) : IExamples
{
    /// <summary>So many batches' rows are sorted by length at a time: more would put the same rows together again and again.</summary>
    private const int Pool = 16;

    /// <inheritdoc/>
    public int Rows => tokens.RowCount;

    /// <inheritdoc/>
    public void Arrange(Span<int> order, int batch, Random? random)
    {
        if (random is null)
        {
            SortByLength(order);
            return;
        }

        for (var start = 0; start < order.Length; start += Pool * batch)
            SortByLength(order.Slice(start, Math.Min(Pool * batch, order.Length - start)));
        // Whole batches in another order: short texts must not all come first.
        var spare = new int[batch];
        for (var last = order.Length / batch - 1; last > 0; last--)
        {
            var a = order.Slice(last * batch, batch);
            var b = order.Slice(random.Next(last + 1) * batch, batch);
            a.CopyTo(spare);
            b.CopyTo(a);
            spare.CopyTo(b);
        }
    }

    /// <inheritdoc/>
    public Tensor Train(Network network, ReadOnlySpan<int> rows, float[] targets, Random random) => ((TextNet)network).Forward(Take(rows, random), training: true);

    /// <inheritdoc/>
    public Tensor Score(Network network, ReadOnlySpan<int> rows) => ((TextNet)network).Forward(Take(rows, null), training: false);

    /// <inheritdoc/>
    public void Dispose()
    {
        // Tokens are the collector's.
    }

    /// <summary>Texts of one length: without some tokens that are drawn, or as they are.</summary>
    public PaddedTexts Take(ReadOnlySpan<int> rows, Random? random)
    {
        var kept = new List<int>[rows.Length];
        for (var i = 0; i < kept.Length; i++)
            kept[i] = Kept(tokens.Row(rows[i]), random);
        var length = kept.Max(k => k.Count);
        var (ids, mask) = (new long[rows.Length * length], new float[rows.Length * length]);
        for (var i = 0; i < kept.Length; i++)
            for (var t = 0; t < kept[i].Count; t++)
                (ids[i * length + t], mask[i * length + t]) = (kept[i][t], 1);
        return new PaddedTexts(ids, mask, rows.Length);
    }

    /// <summary>The first token stays, which says that a column begins: no row is empty.</summary>
    private List<int> Kept(ReadOnlySpan<int> row, Random? random)
    {
        row = row[..Math.Min(row.Length, spec.MaxTokens)];
        var kept = new List<int>(row.Length) { row[0] };
        foreach (var id in row[1..])
            if (random is null || dropout <= 0 || random.NextDouble() >= dropout)
                kept.Add(id);
        return kept;
    }

    private void SortByLength(Span<int> rows) => rows.Sort((a, b) => (tokens.Row(a).Length, a).CompareTo((tokens.Row(b).Length, b)));
}
