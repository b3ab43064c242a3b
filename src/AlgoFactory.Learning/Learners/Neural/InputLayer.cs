using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Linear;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>Where rows enter a network in training: it spreads their codes over the inputs and learns the vectors of categories and words.</summary>
internal sealed class InputLayer
{
    private const int PieceRows = 64;

    private readonly InputEncoder _encoder;
    private readonly Parameter[] _tables;
    private readonly float[][] _values;
    private float[] _output = [];

    /// <param name="encoder">How rows enter.</param>
    /// <param name="seed">What the vectors begin with depends on it; that of missing and unknown begins at 0.</param>
    public InputLayer(InputEncoder encoder, ulong seed)
    {
        _encoder = encoder;
        _tables = new Parameter[encoder.TableCount];
        for (var t = 0; t < _tables.Length; t++)
        {
            var (rows, dimension) = encoder.Table(t);
            _tables[t] = new Parameter(rows * dimension, decays: true, dimension);
            var known = t < encoder.Categories.Length ? rows - 1 : rows;
            Initial.Uniform(_tables[t].Values.AsSpan(0, known * dimension), 1 / MathF.Sqrt(dimension), FoldAssignment.Mix(seed + (ulong)t));
        }

        _values = Array.ConvertAll(_tables, t => t.Values);
    }

    public IReadOnlyList<Parameter> Parameters => _tables;

    /// <summary>The inputs of rows.</summary>
    public float[] Forward(EncodedInput data, ReadOnlyMemory<int> rows, Batch batch)
    {
        var output = LayerBuffer.Hold(ref _output, batch.Rows * _encoder.Width);
        batch.Workers.Ranges(batch.Rows, PieceRows, (from, to) =>
        {
            var order = rows.Span;
            for (var i = from; i < to; i++)
                _encoder.Expand(data.Codes(order[i]), data.Sparse, order[i], _values, output.AsSpan(i * _encoder.Width, _encoder.Width));
        });
        return output;
    }

    /// <summary>Sets the gradients of the vectors that the rows have looked up: each table by itself, rows in their order.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="rows">Which of them.</param>
    /// <param name="gradient">The loss's derivative by the inputs behind the numbers.</param>
    /// <param name="batch">The batch.</param>
    public void Backward(EncodedInput data, ReadOnlyMemory<int> rows, float[] gradient, Batch batch)
    {
        var width = _encoder.Width - _encoder.NumericWidth;
        var (columns, parts) = (new int[_tables.Length], new int[_tables.Length]);
        for (var t = 1; t < _tables.Length; t++)
        {
            columns[t] = columns[t - 1] + _encoder.Table(t - 1).Dimension;
            parts[t] = t > _encoder.Categories.Length ? parts[t - 1] + _encoder.Table(t - 1).Rows : 0;
        }

        batch.Workers.For(_tables.Length, t =>
        {
            var table = _tables[t];
            var order = rows.Span;
            var dimension = table.Touched!.RowLength;
            table.Touched.Clear();
            for (var i = 0; i < order.Length; i++)
            {
                var slope = gradient.AsSpan(i * width + columns[t], dimension);
                if (t < _encoder.Categories.Length)
                    Add(table, (int)data.Codes(order[i])[_encoder.Categories[t]], 1, slope);
                else
                    AddBag(table, data.Sparse!, order[i], parts[t], _encoder.Table(t).Rows, slope);
            }
        });
    }

    private static void AddBag(Parameter table, SparseBlock sparse, int row, int start, int count, ReadOnlySpan<float> slope)
    {
        var indices = sparse.Indices(row);
        var values = sparse.Values(row);
        for (var i = LowerBound(indices, start); i < indices.Length && indices[i] < start + count; i++)
            if (float.IsFinite(values[i]))
                Add(table, indices[i] - start, values[i], slope);
    }

    private static int LowerBound(ReadOnlySpan<int> indices, int start)
    {
        var found = indices.BinarySearch(start);
        return found < 0 ? ~found : found;
    }

    private static void Add(Parameter table, int row, float factor, ReadOnlySpan<float> slope)
    {
        var own = table.Gradient.AsSpan(row * slope.Length, slope.Length);
        if (table.Touched!.Touch(row))
            own.Clear();
        LinearKernels.AddScaled(own, factor, slope);
    }
}
