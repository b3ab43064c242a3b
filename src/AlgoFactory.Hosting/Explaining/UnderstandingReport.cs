using System.Collections.Immutable;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Metrics;

namespace AlgoFactory.Hosting.Explaining;

/// <summary>What is looked at, and how closely.</summary>
public sealed record UnderstandOptions
{
    /// <summary>Rows that the file is sampled to.</summary>
    public int Rows { get; init; } = 20_000;

    /// <summary>Columns whose groups are compared; they need not be columns of the model.</summary>
    public ImmutableArray<string> Fairness { get; init; } = [];

    /// <summary>The training file, to look for its rows among those that are measured on; null: not looked for.</summary>
    public string? TrainingFile { get; init; }

    /// <summary>Decides samples and shuffles.</summary>
    public int Seed { get; init; } = 1;
}

/// <summary>All that is to be known of a model on some data; the JSON object of <c>report --json</c>.</summary>
public sealed record UnderstandingReport
{
    /// <summary>The model's card.</summary>
    public required ModelCard Card { get; init; }

    /// <summary>The data.</summary>
    public required ReportData Data { get; init; }

    /// <summary>Metrics by name, null where one is not defined; null without labels.</summary>
    public ImmutableSortedDictionary<string, double>? Metrics { get; init; }

    /// <summary>Classification: rows by actual and predicted class.</summary>
    public ConfusionTable? Confusion { get; init; }

    /// <summary>ROC, precision and recall, gain, calibration, predicted and actual values.</summary>
    public ValidationCurves? Curves { get; init; }

    /// <summary>Regression: how errors are distributed.</summary>
    public Residuals? Residuals { get; init; }

    /// <summary>What shuffling each column costs; null without labels.</summary>
    public PermutationReport? Permutation { get; init; }

    /// <summary>What columns add to scores.</summary>
    public required ContributionSummary Contributions { get; init; }

    /// <summary>How predictions depend on the columns that matter most.</summary>
    public required ImmutableArray<ColumnEffect> Effects { get; init; }

    /// <summary>The segments that are predicted worst; null without labels.</summary>
    public SliceReport? Slices { get; init; }

    /// <summary>How groups are treated: a table for each column asked for, and with several classes for each of these.</summary>
    public required ImmutableArray<FairnessReport> Fairness { get; init; }

    /// <summary>What may make scores too good to be true.</summary>
    public required ImmutableArray<LeakageFinding> Leakage { get; init; }

    /// <summary>What is wrong with the data, column by column.</summary>
    public required ImmutableArray<ColumnQuality> Quality { get; init; }

    /// <summary>Things the user should know.</summary>
    public required ImmutableArray<string> Warnings { get; init; }
}

/// <summary>The data of a report.</summary>
/// <param name="Name">The file's name without its folders.</param>
/// <param name="Records">Records of the file.</param>
/// <param name="Rows">Rows that were looked at: all, or a sample.</param>
/// <param name="HasLabels">Whether the file has the label, so that predictions could be measured.</param>
public sealed record ReportData(string Name, long Records, int Rows, bool HasLabels);

/// <summary>What columns add to scores, over a sample of rows.</summary>
/// <param name="Method">How contributions were found.</param>
/// <param name="Scale">What they count.</param>
/// <param name="Rows">Rows that were explained.</param>
/// <param name="Columns">The columns, those that add most first.</param>
public sealed record ContributionSummary(ExplanationMethod Method, RawScale Scale, int Rows, ImmutableArray<ContributingColumn> Columns);

/// <summary>What a column adds.</summary>
/// <param name="Column">The column.</param>
/// <param name="MeanAbsolute">The mean over rows and outputs, without sign.</param>
/// <param name="StandardError">Sampled contributions: the mean standard error of one.</param>
/// <param name="Points">
/// Models with one output: for each row the contribution and the value's rank among the rows in [0, 1] (null: missing, or no
/// number); empty for columns that add little.
/// </param>
public sealed record ContributingColumn(string Column, double MeanAbsolute, double? StandardError, ImmutableArray<ContributionPoint> Points);

/// <summary>A row's contribution.</summary>
/// <param name="Contribution">The contribution.</param>
/// <param name="Rank">The rank of the column's value.</param>
public readonly record struct ContributionPoint(double Contribution, double? Rank);

/// <summary>How predictions depend on a column.</summary>
/// <param name="Column">The column.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Numbers">The points that are looked at; empty for categories.</param>
/// <param name="Texts">The points as people read them.</param>
/// <param name="Outputs">What is predicted: a class for each curve, or the label.</param>
/// <param name="Dependence">The mean prediction with the column set, and single rows'.</param>
/// <param name="Accumulated">Accumulated local effects, at points of their own; null where no row has a value.</param>
public sealed record ColumnEffect(
    string Column, ColumnKind Kind, ImmutableArray<double> Numbers, ImmutableArray<string> Texts, ImmutableArray<string> Outputs,
    PartialDependenceCurve Dependence, AccumulatedEffects? Accumulated);
