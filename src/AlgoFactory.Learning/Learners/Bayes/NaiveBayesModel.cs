using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Exporting;
using AlgoFactory.Learning.Features;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Learners.Bayes;

/// <summary>A fitted naive Bayes model: log prior plus log likelihoods, then the logarithms' softmax.</summary>
/// <param name="outputs">Probabilities a row: 1 for two classes.</param>
/// <param name="priors">Each class's log prior.</param>
/// <param name="columns">The dense columns.</param>
/// <param name="words">Words × classes.</param>
internal sealed class NaiveBayesModel(int outputs, double[] priors, BayesColumn[] columns, float[] words) : IModel, IOnnxModel
{
    public const string FormatName = "naive-bayes/1";

    private const int MaxClasses = 1 << 20;
    private const int MaxColumns = 1_000_000;
    private const long MaxValues = 1 << 28;

    /// <summary>Scores of one row, one array for each thread that predicts.</summary>
    [ThreadStatic]
    private static double[]? _scores;

    private readonly int _sparseWidth = words.Length / priors.Length;

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public int OutputWidth => outputs;

    /// <inheritdoc/>
    public void Predict(FeatureBatch rows, Span<float> scores)
    {
        if (rows.DenseWidth != columns.Length || (rows.Sparse?.Width ?? 0) != _sparseWidth)
            throw new LearningException(
                $"The naive Bayes model reads {columns.Length} + {_sparseWidth} features, but was given {rows.DenseWidth} + {rows.Sparse?.Width ?? 0}.");
        if (_scores is null || _scores.Length < priors.Length)
            _scores = new double[priors.Length];
        var own = _scores.AsSpan(0, priors.Length);
        for (var row = 0; row < rows.RowCount; row++)
        {
            Score(rows, row, own);
            var top = own[0];
            foreach (var score in own)
                top = Math.Max(top, score);
            double sum = 0;
            foreach (ref var score in own)
                sum += score = Math.Exp(score - top);
            if (outputs == 1)
                scores[row] = (float)(own[1] / sum);
            else
                for (var k = 0; k < outputs; k++)
                    scores[row * outputs + k] = (float)(own[k] / sum);
        }
    }

    private void Score(FeatureBatch rows, int row, Span<double> scores)
    {
        priors.CopyTo(scores);
        var dense = rows.Row(row);
        for (var c = 0; c < dense.Length; c++)
            columns[c].Add(dense[c], scores);
        if (rows.Sparse is not { } sparse)
            return;
        var indices = sparse.Indices(row);
        var values = sparse.Values(row);
        for (var i = 0; i < indices.Length; i++)
        {
            if (!float.IsFinite(values[i]))
                continue;
            var weights = words.AsSpan(indices[i] * scores.Length, scores.Length);
            for (var k = 0; k < weights.Length; k++)
                scores[k] += (double)values[i] * weights[k];
        }
    }

    /// <inheritdoc/>
    public string AddTo(OnnxGraph graph, string features) => _sparseWidth == 0
        ? NaiveBayesGraph.AddTo(columns, priors, outputs, graph, features)
        : throw new LearningException("Naive Bayes of texts has no form in ONNX.");

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("bayes", new Document(outputs, _sparseWidth, [.. columns.Select(c => new ColumnDocument(c.IsNormal, c.Levels, c.Bounds.Length))]));
        to.WriteArray<double>("priors", priors);
        to.WriteArray<float>("bounds", [.. columns.SelectMany(c => c.Bounds)]);
        to.WriteArray<double>("tables", [.. columns.SelectMany(c => c.Table)]);
        to.WriteArray<float>("words", words);
    }

    public static NaiveBayesModel Read(ArtefactSection from)
    {
        var card = from.ReadJson<Document>("bayes");
        Require(card.Outputs is >= 1 and <= MaxClasses && card.Words >= 0 && !card.Columns.IsDefault && card.Columns.Length <= MaxColumns, "it has a size out of range");
        var classes = Math.Max(2, card.Outputs);
        Require((long)card.Words * classes <= MaxValues, "it has more words than memory can hold");
        var priors = from.ReadArray<double>("priors", classes);
        var (bounds, tables) = (from.ReadArray<float>("bounds"), from.ReadArray<double>("tables"));
        var words = from.ReadArray<float>("words", card.Words * classes);
        Require(priors.All(double.IsFinite) && tables.All(double.IsFinite) && words.All(float.IsFinite), "a number of it is not finite");
        var columns = new BayesColumn[card.Columns.Length];
        var (boundsAt, tableAt) = (0, 0);
        for (var c = 0; c < columns.Length; c++)
        {
            var column = card.Columns[c];
            Require(column is not null && column.Levels >= 0 && column.Bounds >= 0 && (column.Bounds == 0 || column.Bounds == column.Levels - 1) && !(column.IsNormal && column.Levels > 0),
                "a column's levels are out of range");
            var length = (long)classes * (column.IsNormal ? 3 : column.Levels);
            Require(column.Bounds <= bounds.Length - boundsAt && length <= tables.Length - tableAt, "it lacks bounds or frequencies");
            var own = bounds.AsSpan(boundsAt, column.Bounds).ToArray();
            for (var b = 0; b < own.Length; b++)
                Require(float.IsFinite(own[b]) && (b == 0 || own[b] > own[b - 1]), "the bounds of bins do not ascend");
            columns[c] = new BayesColumn(column.IsNormal, column.Levels, own, tables.AsSpan(tableAt, (int)length).ToArray());
            (boundsAt, tableAt) = (boundsAt + own.Length, tableAt + (int)length);
        }

        Require(boundsAt == bounds.Length && tableAt == tables.Length, "it has bounds or frequencies that belong to no column");
        return new NaiveBayesModel(card.Outputs, priors, columns, words);
    }

    private static void Require([DoesNotReturnIf(false)] bool condition, string fault)
    {
        if (!condition)
            throw new ArtefactFormatException($"The naive Bayes model in the model file is broken: {fault}.");
    }

    private sealed record Document(int Outputs, int Words, ImmutableArray<ColumnDocument> Columns);

    private sealed record ColumnDocument(bool IsNormal, int Levels, int Bounds);
}
