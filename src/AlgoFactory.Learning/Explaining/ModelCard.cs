using System.Collections.Immutable;
using System.Text.Json.Serialization;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Explaining;

/// <summary>
/// What those who use a model should know of it, in the sections of Mitchell et al., "Model Cards for Model Reporting" (2019).
/// It is derived from what a model file holds anyway, so that the two cannot disagree and every model has one. It has no value
/// of a text column, and bounded length.
/// </summary>
public sealed record ModelCard
{
    private const int MostColumns = 200;
    private const int MostTrials = 20;
    private const int MostClasses = 50;
    private const int FewRows = 1000;
    private const double Rare = 0.05;

    /// <summary>The task with its classes, at most 50 of them.</summary>
    public required TaskSpec Task { get; init; }

    /// <summary>Where the model comes from; the leaderboard has at most 20 trials.</summary>
    public required TrainingLineage Lineage { get; init; }

    /// <summary>The members with their shares.</summary>
    public required ImmutableArray<CardMember> Members { get; init; }

    /// <summary>Binary: the probability from which the positive class is predicted.</summary>
    public double? Threshold { get; init; }

    /// <summary>Validation metrics by name.</summary>
    public required ImmutableSortedDictionary<string, double> Metrics { get; init; }

    /// <summary>The columns that rows to predict have, at most 200.</summary>
    public required ImmutableArray<CardColumn> Columns { get; init; }

    /// <summary>All of them.</summary>
    public required int ColumnCount { get; init; }

    /// <summary>Columns of the training data that the model does not use.</summary>
    public required ImmutableArray<string> Ignored { get; init; }

    /// <summary>Source columns by importance, at most 20.</summary>
    public required ImmutableArray<ColumnImportance> Importance { get; init; }

    /// <summary>What the model should not be used for, and what its scores do not say.</summary>
    public required ImmutableArray<string> Limits { get; init; }

    /// <summary>The card of a model.</summary>
    public static ModelCard Of(ModelFile model)
    {
        var (predictor, lineage) = (model.Predictor, model.Lineage);
        return new ModelCard
        {
            Task = predictor.Task with { Classes = [.. predictor.Task.Classes.Take(MostClasses)] },
            Lineage = lineage with { Leaderboard = [.. lineage.Leaderboard.Take(MostTrials)] },
            Members = [.. predictor.Members.Select(m => new CardMember(m.Learner, m.Model.Format, m.Weight) { FirstLayer = FirstLayer(m) })],
            Threshold = predictor.Task.Kind == TaskKind.Binary ? predictor.Post.Threshold : null,
            Metrics = model.Metrics,
            Columns = [.. predictor.InputColumns.Take(MostColumns).Select(c => Column(c, model.Profile.Find(c.Name)))],
            ColumnCount = predictor.InputColumns.Length,
            Ignored = [.. predictor.Schema.Columns.Where(c => c.Role == ColumnRole.Ignore).Take(MostColumns).Select(c => c.Name)],
            Importance = [.. model.FeatureImportance.Take(MostTrials)],
            Limits = [.. LimitsOf(model)],
        };
    }

    private static ImmutableArray<string>? FirstLayer(EnsembleMember member) => member.Pipeline.FirstLayer is { } layer
        ? [.. layer.Feeds.Select(f => f.Models.Length == 1 ? f.Name : $"{f.Name}, a bag of {f.Models.Length}")]
        : null;

    private static CardColumn Column(ColumnSpec spec, ColumnProfile? profile)
    {
        var isNumber = spec.Kind == ColumnKind.Numeric && profile?.Quantiles.Length == ColumnProfile.QuantileShares.Length;
        return new CardColumn(spec.Name, spec.Kind)
        {
            MissingShare = profile is { } p && p.Count + p.Missing > 0 ? (double)p.Missing / (p.Count + p.Missing) : 0,
            Distinct = profile?.Distinct ?? 0,
            // The ends of the middle 98 %: the very ends are single persons' values.
            From = isNumber ? profile!.Quantiles[1] : null,
            To = isNumber ? profile!.Quantiles[^2] : null,
        };
    }

    private static IEnumerable<string> LimitsOf(ModelFile model)
    {
        var (task, lineage) = (model.Predictor.Task, model.Lineage);
        yield return $"It has learned from the rows of {lineage.DataName} and holds for rows that come about in the same way; where the world moves on, so must the model.";
        yield return "It has learned what goes together, not what causes what: changing a column of a row does not change the world as it changes the prediction.";
        if (lineage.Rows < FewRows)
            yield return $"With {lineage.Rows} rows its scores are rough: other rows of the same kind may well give others.";
        if (task.IsClassification && model.Profile.Find(task.Label) is { TopLevels: { IsDefaultOrEmpty: false } levels, Count: > 0 } label)
            foreach (var level in levels.Where(l => (double)l.Count / label.Count < Rare).Take(5))
                yield return $"The class '{level.Level}' is rare ({(double)level.Count / label.Count:P1} of the rows): accuracy says little about it; look at its precision and recall.";
        if (task.Kind == TaskKind.Regression && model.Profile.Find(task.Label) is { Quantiles: { IsDefaultOrEmpty: false } range })
            yield return $"Its training values lie between {TreeNodeView.Number(range[0])} and {TreeNodeView.Number(range[^1])}; trees never predict beyond what they have seen.";
        if (model.Predictor.InputColumns.Any(c => c.Kind == ColumnKind.Categorical))
            yield return "A category that training did not know is predicted as one that is not known, with a warning in the answer.";
        yield return "Whether it treats groups of people alike has not been checked by training it; the report's fairness table does, for a column you name.";
    }
}

/// <summary>A member of the ensemble.</summary>
/// <param name="Learner">The learner that fitted it.</param>
/// <param name="Format">The model's format and version.</param>
/// <param name="Weight">Its share.</param>
public sealed record CardMember(string Learner, string Format, double Weight)
{
    /// <summary>The models whose scores it reads, in words; null: it is no second layer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<string>? FirstLayer { get; init; }
}

/// <summary>A column that the model reads.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Its kind.</param>
public sealed record CardColumn(string Name, ColumnKind Kind)
{
    /// <summary>The share of training rows without a value.</summary>
    public double MissingShare { get; init; }

    /// <summary>Different values in training.</summary>
    public long Distinct { get; init; }

    /// <summary>Numbers: the value below which 1 % of the training rows lie.</summary>
    public double? From { get; init; }

    /// <summary>Numbers: the value above which 1 % of the training rows lie.</summary>
    public double? To { get; init; }
}
