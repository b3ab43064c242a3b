using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners.Linear;

namespace AlgoFactory.Learning.Features;

/// <summary>
/// A text for learners that read one feature at a time, such as trees: its TF-IDF row, and beside it the row's place along the strongest
/// right singular vectors of all rows (latent semantic analysis, Deerwester et al., 1990), which say in a few dense features what
/// many rare words say together.
/// </summary>
internal sealed class TextComponents(string column) : IFeaturizer
{
    /// <summary>Dense features, where there are as many terms.</summary>
    public const int Components = 32;

    /// <summary>The words with the most rows, which the vectors are made of: rarer ones hardly turn them, and would fill the model file.</summary>
    private const int MaxTerms = 1 << 14;

    /// <summary>Evenly spaced rows that the vectors are learned from.</summary>
    private const int MaxRows = 50_000;

    /// <inheritdoc/>
    public IFittedFeaturizer FitTransform(FeaturizerInput train, FeatureBatchBuilder to, FitContext context)
    {
        var (words, sparse) = new TfIdf(column, TextAnalyzer.Words).Fit(train, context);
        var terms = Terms(sparse);
        var (vectors, count) = RandomizedSvd.RightVectors(Sample(sparse, terms), Components, context.Seed, context.ParallelOptions);
        var fitted = new FittedTextComponents(words, count == 0 ? [] : terms, vectors, count);
        fitted.Add(sparse, to);
        return fitted;
    }

    /// <summary>The columns with the most rows, ascending.</summary>
    private static int[] Terms(SparseBlock sparse)
    {
        var rows = new int[sparse.Width];
        for (var row = 0; row < sparse.RowCount; row++)
            foreach (var index in sparse.Indices(row))
                rows[index]++;
        return [.. Enumerable.Range(0, rows.Length).OrderByDescending(c => rows[c]).ThenBy(c => c).Take(MaxTerms).Order()];
    }

    private static SparseBlock Sample(SparseBlock sparse, int[] terms)
    {
        var place = FittedTextComponents.Places(terms, sparse.Width);
        var stride = Math.Max(1, (sparse.RowCount + MaxRows - 1) / MaxRows);
        var (starts, indices, values) = (new List<int> { 0 }, new List<int>(), new List<float>());
        for (var row = 0; row < sparse.RowCount; row += stride)
        {
            var own = sparse.Indices(row);
            for (var i = 0; i < own.Length; i++)
            {
                if (place[own[i]] < 0)
                    continue;
                indices.Add(place[own[i]]);
                values.Add(sparse.Values(row)[i]);
            }

            starts.Add(indices.Count);
        }

        return new SparseBlock(terms.Length, [.. starts], [.. indices], [.. values]);
    }
}

/// <summary>Writes a text's words, and its place along the vectors.</summary>
internal sealed class FittedTextComponents : IFittedFeaturizer
{
    public const string FormatName = "text-components/1";

    private const int MaxCount = 1024;

    private readonly FittedTfIdf _words;
    private readonly int[] _terms;
    private readonly float[] _vectors;
    private readonly int[] _places;

    /// <param name="words">The words' weights.</param>
    /// <param name="terms">The words that the vectors are made of, ascending.</param>
    /// <param name="vectors">terms × count.</param>
    /// <param name="count">Vectors.</param>
    public FittedTextComponents(FittedTfIdf words, int[] terms, float[] vectors, int count)
    {
        (_words, _terms, _vectors) = (words, terms, vectors);
        _places = Places(terms, words.SparseWidth);
        Outputs = [.. Enumerable.Range(1, count).Select(k => new FeatureInfo($"{words.SparseSource} component {k}", words.SparseSource, FeatureKind.Numeric))];
    }

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public ImmutableArray<FeatureInfo> Outputs { get; }

    /// <inheritdoc/>
    public int SparseWidth => _words.SparseWidth;

    /// <inheritdoc/>
    public string SparseSource => _words.SparseSource;

    public static FittedTextComponents Read(ArtefactSection from)
    {
        var count = from.ReadJson<Document>("components").Count;
        FeaturizerGuard.Require(count is >= 0 and <= MaxCount, "its number of text components is out of range");
        var words = FittedTfIdf.Read(from.Section("words"), TextAnalyzer.Words);
        var terms = from.ReadArray<int>("terms");
        FeaturizerGuard.Require(terms.Length <= words.SparseWidth, "it has more terms than words");
        for (var t = 0; t < terms.Length; t++)
            FeaturizerGuard.Require(terms[t] < words.SparseWidth && terms[t] > (t == 0 ? -1 : terms[t - 1]), "its terms are out of range or order");
        var vectors = from.ReadArray<float>("vectors", checked(terms.Length * count));
        FeaturizerGuard.Require(vectors.All(float.IsFinite), "a text component is no finite number");
        return new FittedTextComponents(words, terms, vectors, count);
    }

    /// <summary>Where each of so many columns stands among the terms; -1: it is none.</summary>
    public static int[] Places(int[] terms, int width)
    {
        var places = new int[width];
        Array.Fill(places, -1);
        for (var t = 0; t < terms.Length; t++)
            places[terms[t]] = t;
        return places;
    }

    /// <inheritdoc/>
    public void Transform(Frame rows, FeatureBatchBuilder to) => Add(_words.Sparse(rows), to);

    /// <summary>Adds rows of words, and their places.</summary>
    public void Add(SparseBlock sparse, FeatureBatchBuilder to)
    {
        var count = Outputs.Length;
        var dense = to.AddDense(count);
        for (var row = 0; row < sparse.RowCount; row++)
        {
            var indices = sparse.Indices(row);
            var values = sparse.Values(row);
            for (var i = 0; i < indices.Length; i++)
                if (_places[indices[i]] is var place and >= 0)
                    LinearKernels.AddScaled(dense.Slice(row * count, count), values[i], _vectors.AsSpan(place * count, count));
        }

        to.AddSparse(sparse);
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("components", new Document(Outputs.Length));
        _words.Write(to.Section("words"));
        to.WriteArray<int>("terms", _terms);
        to.WriteArray<float>("vectors", _vectors);
    }

    private sealed record Document(int Count);
}
