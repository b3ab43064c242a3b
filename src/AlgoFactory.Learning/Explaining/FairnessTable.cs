using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Learning.Explaining;

/// <summary>
/// How a model treats the groups of a column, which need not be one that it uses: whom it selects (demographic parity, the
/// four-fifths rule), and how often it is right about whom (equalised odds; Hardt, Price and Srebro 2016).
/// </summary>
/// <remarks>
/// It measures; it does not judge. Groups differ in more than a model knows, the measures contradict each other where base rates
/// differ, and groups of few rows say little: their intervals show it.
/// </remarks>
public static class FairnessTable
{
    /// <summary>The share of the most favoured group's selection rate below which the four-fifths rule sees an adverse impact.</summary>
    public const double FourFifths = 0.8;

    /// <summary>Groups below this many rows are left out of the differences.</summary>
    public const int SmallestGroup = 30;

    /// <summary>Of more classes than that the most frequent ones have a table.</summary>
    public const int MostClasses = 10;

    private const int MostGroups = 10;
    private const int MostRanges = 5;

    /// <summary>
    /// Measures each group: one table for two classes or for numbers; of several classes one each, in which this class is being
    /// selected and every other one is not.
    /// </summary>
    /// <param name="column">The column.</param>
    /// <param name="spec">Its spec.</param>
    /// <param name="predictions">What the model predicts.</param>
    /// <param name="labels">The true classes or values.</param>
    /// <exception cref="LearningException">The column is text.</exception>
    public static IEnumerable<FairnessReport> MeasureAll(Column column, ColumnSpec spec, Predictions predictions, float[] labels) =>
        predictions.Task.Kind == TaskKind.Multiclass
            ? Frequent(labels, predictions.Task.Classes.Length).Select(c => Measure(column, spec, predictions, labels, c))
            : [Measure(column, spec, predictions, labels)];

    /// <summary>The most frequent classes, in the task's order.</summary>
    private static IEnumerable<int> Frequent(float[] labels, int classes)
    {
        var counts = new int[classes];
        foreach (var label in labels)
            counts[(int)label]++;
        return Enumerable.Range(0, classes).OrderByDescending(c => counts[c]).Take(MostClasses).Order();
    }

    /// <summary>Measures each group.</summary>
    /// <param name="column">The column.</param>
    /// <param name="spec">Its spec.</param>
    /// <param name="predictions">What the model predicts.</param>
    /// <param name="labels">The true classes or values.</param>
    /// <param name="selected">Of several classes the one that counts as being selected; binary: 1, the positive one.</param>
    /// <exception cref="LearningException">The column is text.</exception>
    public static FairnessReport Measure(Column column, ColumnSpec spec, Predictions predictions, ReadOnlySpan<float> labels, int selected = 1)
    {
        var bins = ColumnBins.Of(column, spec, column is NumericColumn ? MostRanges : MostGroups)
            ?? throw new LearningException($"The column '{spec.Name}' is text and has no groups; choose one of categories or numbers.");
        var counts = new GroupCounts[bins.Count];
        var isRegression = !predictions.Task.IsClassification;
        for (var row = 0; row < labels.Length; row++)
        {
            ref var group = ref counts[bins.Codes[row]];
            if (isRegression)
                group = group.WithValue(predictions.Value(row), labels[row]);
            else
                group = group.WithClass(predictions.ClassIndex(row) == selected, labels[row] == selected);
        }

        ImmutableArray<FairnessGroup> groups = [.. counts.Select((c, g) => c.Report(bins.Labels[g], isRegression)).Where(g => g.Rows > 0)];
        var large = groups.Where(g => g.Rows >= SmallestGroup).ToArray();
        var rates = large.Select(g => g.SelectionRate).OfType<double>().ToArray();
        return new FairnessReport(
            spec.Name, isRegression ? null : predictions.Task.Classes[selected], groups,
            Spread(large.Select(g => g.SelectionRate)),
            rates.Length > 1 && rates.Max() > 0 ? rates.Min() / rates.Max() : null,
            Larger(Spread(large.Select(g => g.TruePositiveRate)), Spread(large.Select(g => g.FalsePositiveRate))),
            isRegression ? Spread(large.Select(g => g.MeanError)) : null);
    }

    private static double? Spread(IEnumerable<double?> values)
    {
        var known = values.OfType<double>().ToArray();
        return known.Length > 1 ? known.Max() - known.Min() : null;
    }

    private static double? Larger(double? first, double? second) => first is null ? second : second is null ? first : Math.Max(first.Value, second.Value);

    private readonly record struct GroupCounts(long Rows, long Positive, long TruePositive, long FalsePositive, double Predicted, double Error, double AbsoluteError)
    {
        public GroupCounts WithClass(bool predicted, bool actual) => this with
        {
            Rows = Rows + 1,
            Positive = Positive + (actual ? 1 : 0),
            TruePositive = TruePositive + (predicted && actual ? 1 : 0),
            FalsePositive = FalsePositive + (predicted && !actual ? 1 : 0),
        };

        public GroupCounts WithValue(double predicted, double actual) => this with
        {
            Rows = Rows + 1,
            Predicted = Predicted + predicted,
            Error = Error + predicted - actual,
            AbsoluteError = AbsoluteError + Math.Abs(predicted - actual),
        };

        public FairnessGroup Report(string name, bool isRegression)
        {
            if (isRegression)
                return new FairnessGroup(name, Rows) { MeanPrediction = Predicted / Rows, MeanError = Error / Rows, MeanAbsoluteError = AbsoluteError / Rows };
            var (negative, selected) = (Rows - Positive, TruePositive + FalsePositive);
            return new FairnessGroup(name, Rows)
            {
                BaseRate = (double)Positive / Rows,
                SelectionRate = (double)selected / Rows,
                SelectionInterval = HypothesisTests.Wilson(selected, Rows),
                TruePositiveRate = Positive > 0 ? (double)TruePositive / Positive : null,
                TruePositiveInterval = Positive > 0 ? HypothesisTests.Wilson(TruePositive, Positive) : null,
                FalsePositiveRate = negative > 0 ? (double)FalsePositive / negative : null,
                FalsePositiveInterval = negative > 0 ? HypothesisTests.Wilson(FalsePositive, negative) : null,
                Precision = selected > 0 ? (double)TruePositive / selected : null,
                Accuracy = (double)(TruePositive + negative - FalsePositive) / Rows,
            };
        }
    }
}

/// <summary>How a model treats the groups of a column.</summary>
/// <param name="Column">The column.</param>
/// <param name="Selected">The class that counts as being selected; null for a regression.</param>
/// <param name="Groups">The groups.</param>
/// <param name="DemographicParityDifference">The largest selection rate less the smallest; 0 is parity.</param>
/// <param name="DemographicParityRatio">The smallest selection rate by the largest; below 0.8 it fails the four-fifths rule.</param>
/// <param name="EqualizedOddsDifference">The larger one of the spreads of true and false positive rates; 0: equalised odds.</param>
/// <param name="MeanErrorDifference">Regression: the spread of the groups' mean errors.</param>
public sealed record FairnessReport(
    string Column, string? Selected, ImmutableArray<FairnessGroup> Groups, double? DemographicParityDifference, double? DemographicParityRatio,
    double? EqualizedOddsDifference, double? MeanErrorDifference)
{
    /// <summary>Whether every group is selected at least four fifths as often as the one that is selected most often; null where it cannot be said.</summary>
    public bool? PassesFourFifths => DemographicParityRatio is { } ratio ? ratio >= FairnessTable.FourFifths : null;
}

/// <summary>A group of rows; shares have 95 % intervals.</summary>
/// <param name="Name">Its value of the column.</param>
/// <param name="Rows">Its rows.</param>
public sealed record FairnessGroup(string Name, long Rows)
{
    /// <summary>The share that is of the selected class in truth.</summary>
    public double? BaseRate { get; init; }

    /// <summary>The share that the model selects.</summary>
    public double? SelectionRate { get; init; }

    /// <summary>The selection rate's interval.</summary>
    public ConfidenceInterval? SelectionInterval { get; init; }

    /// <summary>Of those of the class the share that the model selects.</summary>
    public double? TruePositiveRate { get; init; }

    /// <summary>The true positive rate's interval.</summary>
    public ConfidenceInterval? TruePositiveInterval { get; init; }

    /// <summary>Of all others the share that the model selects.</summary>
    public double? FalsePositiveRate { get; init; }

    /// <summary>The false positive rate's interval.</summary>
    public ConfidenceInterval? FalsePositiveInterval { get; init; }

    /// <summary>Of the selected the share that is of the class.</summary>
    public double? Precision { get; init; }

    /// <summary>The share that is selected or not selected rightly.</summary>
    public double? Accuracy { get; init; }

    /// <summary>Regression: the mean prediction.</summary>
    public double? MeanPrediction { get; init; }

    /// <summary>Regression: the mean of prediction less truth.</summary>
    public double? MeanError { get; init; }

    /// <summary>Regression: the mean absolute error.</summary>
    public double? MeanAbsoluteError { get; init; }
}
