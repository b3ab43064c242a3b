using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Linear;
using AlgoFactory.Learning.Learners.Neural;

namespace AlgoFactory.Learning.Learners.Neighbors;

/// <summary>
/// Finds the nearest of some rows exactly. |q - x|² = |q|² + |x|² - 2 q·x, so the rows with the greatest q·x - |x|²/2 are the nearest:
/// the products of a block of questions with a slab of rows are one product of matrices, and words add theirs by the rows that have them.
/// </summary>
internal sealed class NeighborIndex
{
    /// <summary>Questions that are asked together.</summary>
    public const int BlockRows = 4 * Gemm.TileRows;

    /// <summary>Rows of a slab: its products with a block stay in the second-level cache.</summary>
    private const int SlabRows = 1024;

    /// <summary>A value is held to this, so that no square of it is infinite; scaled columns stay far below.</summary>
    private const float Limit = 1e6f;

    [ThreadStatic]
    private static Scratch? _scratch;

    private readonly PackedMatrix[] _slabs;
    private readonly float[] _offsets;
    private readonly SparseBlock? _words;

    /// <param name="rows">The rows, finite.</param>
    /// <param name="factors">What each dense column is multiplied with.</param>
    public NeighborIndex(FeatureBatch rows, float[] factors)
    {
        (Rows, Factors) = (rows, factors);
        var scaled = rows.Dense.ToArray();
        for (var i = 0; i < scaled.Length; i++)
            scaled[i] *= factors[i % factors.Length];
        _slabs = new PackedMatrix[(rows.RowCount + SlabRows - 1) / SlabRows];
        for (var s = 0; s < _slabs.Length; s++)
        {
            var count = Math.Min(SlabRows, rows.RowCount - s * SlabRows);
            _slabs[s] = new PackedMatrix();
            _slabs[s].Pack(new MatrixView(scaled, s * SlabRows * rows.DenseWidth, count, rows.DenseWidth, rows.DenseWidth, 1).Transposed);
        }

        _offsets = new float[rows.RowCount];
        for (var row = 0; row < _offsets.Length; row++)
        {
            var own = scaled.AsSpan(row * rows.DenseWidth, rows.DenseWidth);
            var words = rows.Sparse is { } sparse ? sparse.Values(row) : [];
            _offsets[row] = -(LinearKernels.Dot(own, own) + LinearKernels.Dot(words, words)) / 2;
        }

        _words = rows.Sparse?.Transpose();
    }

    public FeatureBatch Rows { get; }

    public float[] Factors { get; }

    /// <summary>What is no number becomes 0, and what is huge is held.</summary>
    public static void Sanitize(Span<float> values)
    {
        foreach (ref var value in values)
            value = float.IsNaN(value) ? 0 : Math.Clamp(value, -Limit, Limit);
    }

    /// <summary>The nearest rows of each of a block of questions.</summary>
    /// <param name="questions">The questions' features.</param>
    /// <param name="from">The first of them.</param>
    /// <param name="count">How many, at most <see cref="BlockRows"/>.</param>
    /// <param name="wanted">Neighbours of each, at most as many as there are rows.</param>
    /// <param name="found">count × wanted rows, the nearest first; of equally near ones the first.</param>
    /// <param name="distances">count × wanted squared distances.</param>
    public void Nearest(FeatureBatch questions, int from, int count, int wanted, Span<int> found, Span<float> distances)
    {
        var (width, scratch) = (Rows.DenseWidth, _scratch ??= new Scratch());
        var input = LayerBuffer.Hold(ref scratch.Input, count * width);
        questions.Dense.Slice(from * width, count * width).CopyTo(input);
        Sanitize(input.AsSpan(0, count * width));
        for (var i = 0; i < count; i++)
            for (var f = 0; f < width; f++)
                input[i * width + f] *= Factors[f];
        var products = LayerBuffer.Hold(ref scratch.Products, count * SlabRows);
        distances.Fill(float.NegativeInfinity);
        for (var s = 0; s < _slabs.Length; s++)
        {
            var (first, rows) = (s * SlabRows, _slabs[s].Columns);
            for (var i = 0; i < count; i++)
                _offsets.AsSpan(first, rows).CopyTo(products.AsSpan(i * rows));
            Gemm.Multiply(MatrixView.Of(input, count, width), _slabs[s], MatrixView.Of(products, count, rows));
            for (var i = 0; i < count; i++)
            {
                var own = products.AsSpan(i * rows, rows);
                if (questions.Sparse is { } sparse)
                    AddWords(sparse, from + i, first, own);
                Keep(own, first, found.Slice(i * wanted, wanted), distances.Slice(i * wanted, wanted));
            }
        }

        for (var i = 0; i < count; i++)
        {
            var own = input.AsSpan(i * width, width);
            var words = questions.Sparse is { } sparse ? sparse.Values(from + i) : [];
            var square = LinearKernels.Dot(own, own) + LinearKernels.Dot(words, words);
            foreach (ref var distance in distances.Slice(i * wanted, wanted))
                distance = Math.Max(0, square - 2 * distance);
        }
    }

    /// <summary>Adds a question's words to the products with the rows that have them too.</summary>
    private void AddWords(SparseBlock sparse, int question, int first, Span<float> products)
    {
        var indices = sparse.Indices(question);
        var values = sparse.Values(question);
        for (var i = 0; i < indices.Length; i++)
        {
            var rows = _words!.Indices(indices[i]);
            var own = _words.Values(indices[i]);
            var at = rows.BinarySearch(first);
            for (at = at < 0 ? ~at : at; at < rows.Length && rows[at] < first + products.Length; at++)
                products[rows[at] - first] += values[i] * own[at];
        }
    }

    /// <summary>Keeps the greatest products, falling: most rows are no better than the last of them.</summary>
    private static void Keep(ReadOnlySpan<float> products, int first, Span<int> found, Span<float> best)
    {
        var least = best[^1];
        for (var row = 0; row < products.Length; row++)
        {
            if (!(products[row] > least))
                continue;
            var at = best.Length - 1;
            for (; at > 0 && best[at - 1] < products[row]; at--)
                (best[at], found[at]) = (best[at - 1], found[at - 1]);
            (best[at], found[at]) = (products[row], first + row);
            least = best[^1];
        }
    }

    private sealed class Scratch
    {
        public float[] Input = [];
        public float[] Products = [];
    }
}
