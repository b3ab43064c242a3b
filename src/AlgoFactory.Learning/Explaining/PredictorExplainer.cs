using System.Collections.Immutable;
using AlgoFactory.Data.Frames;

namespace AlgoFactory.Learning.Explaining;

/// <summary>
/// Explains whole models by the columns of their data: contributions of a single member, or of all, weighted, when all
/// score on the same scale. Immutable and thread-safe.
/// </summary>
public sealed class PredictorExplainer
{
    private readonly ImmutableArray<(EnsembleMember Member, IContributions Model, FeatureGroups Groups, double Weight)> _parts;

    /// <summary>Prepares the explanation of a model.</summary>
    /// <param name="predictor">The model.</param>
    /// <param name="member">The member to explain, from 0; null: all.</param>
    /// <exception cref="LearningException">It cannot be explained; the message says why and what to do.</exception>
    public PredictorExplainer(Predictor predictor, int? member = null)
    {
        Columns = [.. predictor.InputColumns.Select(c => c.Name)];
        if (member is { } one && (one < 0 || one >= predictor.Members.Length))
            throw new LearningException($"The model has {predictor.Members.Length} members, numbered from 0 to {predictor.Members.Length - 1}; there is no member {one}.");
        var parts = ImmutableArray.CreateBuilder<(EnsembleMember, IContributions, FeatureGroups, double)>();
        var scales = new HashSet<RawScale>();
        for (var m = 0; m < predictor.Members.Length; m++)
        {
            if (member is not null && member != m)
                continue;
            var each = predictor.Members[m];
            if (each.Model is not IContributions model)
                throw new LearningException(
                    $"Member {m} of the model is of the learner '{each.Learner}', which cannot be explained; only trees can{OtherMembers(predictor)}.");
            scales.Add(model.RawScale(predictor.Task.Kind));
            parts.Add((each, model, FeatureGroups.ByColumn(each.Pipeline, Columns), member is null ? each.Weight : 1));
        }

        if (scales.Count > 1)
            throw new LearningException(
                $"The members of the model score on different scales ({string.Join(", ", scales)}), which do not add up; explain one of them{OtherMembers(predictor)}.");
        _parts = parts.ToImmutable();
        Scale = scales.Single();
        Outputs = _parts[0].Model.OutputWidth;
    }

    /// <summary>The data columns that contributions are summed by.</summary>
    public ImmutableArray<string> Columns { get; }

    /// <summary>What raw scores count.</summary>
    public RawScale Scale { get; }

    /// <summary>Raw scores a row.</summary>
    public int Outputs { get; }

    /// <summary>Contributions and raw scores of rows that were bound to the model's columns.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="interactions">Whether pairs of columns are wanted too.</param>
    public Explanation Explain(Frame rows, bool interactions = false)
    {
        var (width, pairs) = (Columns.Length + 1, Columns.Length * Columns.Length);
        var total = new Explanation(
            new double[rows.RowCount * Outputs * width], new double[rows.RowCount * Outputs],
            interactions ? new double[rows.RowCount * Outputs * pairs] : null);
        foreach (var (member, model, groups, weight) in _parts)
        {
            var batch = member.Pipeline.Transform(rows);
            var (values, raw) = (new double[total.Values.Length], new double[total.RawScores.Length]);
            model.Contributions(batch, groups, values);
            model.RawScores(batch, raw);
            AddTo(total.Values, values, weight);
            AddTo(total.RawScores, raw, weight);
            if (total.Interactions is not { } matrix)
                continue;
            var part = new double[matrix.Length];
            model.Interactions(batch, groups, part);
            AddTo(matrix, part, weight);
        }

        return total;
    }

    private static void AddTo(double[] sums, double[] values, double weight)
    {
        for (var i = 0; i < sums.Length; i++)
            sums[i] += weight * values[i];
    }

    private static string OtherMembers(Predictor predictor)
    {
        var numbers = Enumerable.Range(0, predictor.Members.Length).Where(m => predictor.Members[m].Model is IContributions).ToArray();
        return numbers.Length == 0 ? "" : $": member {string.Join(" or ", numbers)} can be chosen alone";
    }
}

/// <summary>Why rows score as they do.</summary>
/// <param name="Values">rows × outputs × (columns + 1), the last of each the base.</param>
/// <param name="RawScores">rows × outputs: what the values sum to.</param>
/// <param name="Interactions">rows × outputs × columns × columns; null when not asked for.</param>
public sealed record Explanation(double[] Values, double[] RawScores, double[]? Interactions);
