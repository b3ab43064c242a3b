using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>Rows with their dense columns encoded once, for all epochs to come.</summary>
internal sealed class EncodedInput
{
    private const int BlockRows = 1024;

    private readonly float[] _codes;
    private readonly int _width;

    private EncodedInput(float[] codes, int width, SparseBlock? sparse, int rows) => (_codes, _width, Sparse, Count) = (codes, width, sparse, rows);

    public int Count { get; }

    public SparseBlock? Sparse { get; }

    /// <summary>Encodes rows.</summary>
    public static EncodedInput Of(InputEncoder encoder, FeatureBatch rows, FitContext context)
    {
        encoder.Check(rows);
        var width = encoder.Columns.Length;
        var codes = new float[rows.RowCount * width];
        Parallel.For(0, (rows.RowCount + BlockRows - 1) / BlockRows, context.ParallelOptions, block =>
        {
            for (var row = block * BlockRows; row < Math.Min(rows.RowCount, (block + 1) * BlockRows); row++)
                encoder.Encode(rows.Row(row), codes.AsSpan(row * width, width));
        });
        return new EncodedInput(codes, width, rows.Sparse, rows.RowCount);
    }

    /// <summary>The codes of a row.</summary>
    public ReadOnlySpan<float> Codes(int row) => _codes.AsSpan(row * _width, _width);
}
