using System.Collections.Immutable;
using System.Text.Json.Serialization;
using AlgoFactory.Data.Frames;

namespace AlgoFactory.Learning.Explaining;

/// <summary>How SHAP values were found.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ExplanationMethod>))]
public enum ExplanationMethod
{
    /// <summary>Exactly, from the trees and what training rows passed each of their nodes.</summary>
    [JsonStringEnumMemberName("trees")] Trees,

    /// <summary>Exactly, from the weights: a term less its mean over the background.</summary>
    [JsonStringEnumMemberName("linear")] Linear,

    /// <summary>By sampling predictions, with a standard error.</summary>
    [JsonStringEnumMemberName("sampled")] Sampled,
}

/// <summary>A way to explain rows.</summary>
internal interface IRowExplainer
{
    ExplanationMethod Method { get; }

    RawScale Scale { get; }

    int Outputs { get; }

    Explanation Explain(Frame rows, bool interactions);
}

/// <summary>Members that are made of trees and score on one scale: TreeSHAP, added up by the members' weights.</summary>
internal sealed class TreeRows(Predictor predictor, ImmutableArray<string> columns) : IRowExplainer
{
    private readonly ImmutableArray<(EnsembleMember Member, IContributions Model, FeatureGroups Groups)> _parts =
        [.. predictor.Members.Select(m => (m, (IContributions)m.Model, FeatureGroups.ByColumn(m.Pipeline, columns)))];

    public ExplanationMethod Method => ExplanationMethod.Trees;

    public RawScale Scale => _parts[0].Model.RawScale(predictor.Task.Kind);

    public int Outputs => _parts[0].Model.OutputWidth;

    /// <summary>Whether all members are trees that score on one scale.</summary>
    public static bool CanExplain(Predictor predictor) => predictor.Members.All(m => m.Model is IContributions)
        && predictor.Members.Select(m => ((IContributions)m.Model).RawScale(predictor.Task.Kind)).Distinct().Count() == 1;

    public Explanation Explain(Frame rows, bool interactions)
    {
        var outputs = rows.RowCount * Outputs;
        var total = new Explanation(
            new double[outputs * (columns.Length + 1)], new double[outputs], interactions ? new double[outputs * columns.Length * columns.Length] : null, null);
        foreach (var (member, model, groups) in _parts)
        {
            var batch = member.Pipeline.Transform(rows);
            var (values, raw) = (new double[total.Values.Length], new double[total.RawScores.Length]);
            model.Contributions(batch, groups, values);
            model.RawScores(batch, raw);
            AddTo(total.Values, values, member.Weight);
            AddTo(total.RawScores, raw, member.Weight);
            if (total.Interactions is not { } matrix)
                continue;
            var part = new double[matrix.Length];
            model.Interactions(batch, groups, part);
            AddTo(matrix, part, member.Weight);
        }

        return total;
    }

    internal static void AddTo(double[] sums, double[] values, double weight)
    {
        for (var i = 0; i < sums.Length; i++)
            sums[i] += weight * values[i];
    }
}

/// <summary>Members whose raw scores are sums of terms on one scale: a column's terms less their mean over the background.</summary>
internal sealed class LinearRows : IRowExplainer
{
    private readonly Predictor _predictor;
    private readonly ImmutableArray<string> _columns;
    private readonly double[] _means;

    public LinearRows(Predictor predictor, ImmutableArray<string> columns, Frame background)
    {
        (_predictor, _columns) = (predictor, columns);
        var terms = Terms(background);
        _means = new double[Outputs * (columns.Length + 1)];
        for (var i = 0; i < terms.Length; i++)
            _means[i % _means.Length] += terms[i] / background.RowCount;
    }

    public ExplanationMethod Method => ExplanationMethod.Linear;

    public RawScale Scale => ((ILinearScores)_predictor.Members[0].Model).RawScale(_predictor.Task.Kind);

    public int Outputs => _predictor.Members[0].Model.OutputWidth;

    public static bool CanExplain(Predictor predictor) => predictor.Members.All(m => m.Model is ILinearScores)
        && predictor.Members.Select(m => ((ILinearScores)m.Model).RawScale(predictor.Task.Kind)).Distinct().Count() == 1;

    public Explanation Explain(Frame rows, bool interactions)
    {
        var (values, width) = (Terms(rows), _columns.Length + 1);
        var raw = new double[rows.RowCount * Outputs];
        for (var i = 0; i < values.Length; i++)
        {
            raw[i / width] += values[i];
            var mean = _means[i % _means.Length];
            if (i % width < _columns.Length)
                values[i] -= mean;
            else
                values[i] += Sum(i % _means.Length / width);
        }

        return new Explanation(values, raw, null, null);

        // The base is the intercept and the mean terms.
        double Sum(int output) => _means.AsSpan(output * width, _columns.Length).ToArray().Sum();
    }

    private double[] Terms(Frame rows)
    {
        var total = new double[rows.RowCount * Outputs * (_columns.Length + 1)];
        foreach (var member in _predictor.Members)
        {
            var values = new double[total.Length];
            ((ILinearScores)member.Model).Terms(member.Pipeline.Transform(rows), FeatureGroups.ByColumn(member.Pipeline, _columns), values);
            TreeRows.AddTo(total, values, member.Weight);
        }

        return total;
    }
}

/// <summary>Any members: what the whole model predicts, probabilities or values, by sampling.</summary>
internal sealed class SampledRows(Predictor predictor, ShapleySampler sampler) : IRowExplainer
{
    public ExplanationMethod Method => ExplanationMethod.Sampled;

    public RawScale Scale => predictor.Task.IsClassification ? RawScale.Probability : RawScale.Value;

    public int Outputs => predictor.Task.OutputWidth;

    public Explanation Explain(Frame rows, bool interactions)
    {
        var scores = predictor.Predict(rows).Scores.ToArray();
        var columns = rows.Columns.Length;
        var all = new Explanation(
            new double[scores.Length * (columns + 1)], [.. scores.Select(s => (double)s)], null, new double[scores.Length * columns]);
        Parallel.For(0, rows.RowCount, row => sampler.Explain(
            rows, scores, row, all.Values.AsSpan(row * Outputs * (columns + 1), Outputs * (columns + 1)), all.Errors.AsSpan(row * Outputs * columns, Outputs * columns)));
        return all;
    }
}
