using System.Collections.Immutable;
using System.Text.Json.Serialization;
using AlgoFactory.Learning.Calibration;
using AlgoFactory.Learning.Conformal;

namespace AlgoFactory.Learning.Artefacts;

/// <summary>What becomes of the combined scores; <c>post.json</c>.</summary>
/// <param name="Format">The format and version: <see cref="ThresholdOnly"/> or <see cref="Full"/>.</param>
/// <param name="Threshold">Binary: the probability of the positive class from which it is predicted.</param>
internal sealed record PostDocument(string Format, double Threshold)
{
    /// <summary>A threshold and nothing else, which programs of the first format read as well.</summary>
    public const string ThresholdOnly = "threshold/1";

    /// <summary>With calibration, intervals and sets.</summary>
    public const string Full = "post/2";

    private const int MostKnots = 4_096;

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ThresholdRule { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ScoreCalibration? Calibration { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ConformalIntervals? Intervals { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ConformalSets? Sets { get; init; }

    /// <summary>The document of a post-processing.</summary>
    public static PostDocument Of(PostProcessing post) =>
        new(post == new PostProcessing(post.Threshold) ? ThresholdOnly : Full, post.Threshold)
        {
            ThresholdRule = post.ThresholdRule,
            Calibration = post.Calibration,
            Intervals = post.Intervals,
            Sets = post.Sets,
        };

    /// <summary>Checks a document and makes the post-processing of it.</summary>
    /// <exception cref="ArtefactFormatException">It is of an unknown format, or does not fit the task.</exception>
    public static PostProcessing Read(PostDocument post, TaskSpec task)
    {
        if (post.Format is not (ThresholdOnly or Full))
            throw new ArtefactFormatException(
                $"The model file's post-processing is '{post.Format}', which this version does not know. Known are: {ThresholdOnly}, {Full}.");
        // Above 1 is a way to say "never predict the positive class"; a threshold search may end there.
        if (!(post.Threshold >= 0 && post.Threshold <= 2))
            throw new ArtefactFormatException("The threshold in the model file is not a probability.");
        if (post.Format == ThresholdOnly)
            return new PostProcessing(post.Threshold);
        if (post.ThresholdRule is { } rule)
            Learning.ThresholdRule.Parse(rule);
        Require(post.Calibration is null || IsWhole(post.Calibration, task), "calibration");
        Require(post.Intervals is null || IsWhole(post.Intervals, task), "intervals");
        Require(post.Sets is null || IsWhole(post.Sets, task), "sets");
        return new PostProcessing(post.Threshold)
        {
            ThresholdRule = post.ThresholdRule,
            Calibration = post.Calibration,
            Intervals = post.Intervals,
            Sets = post.Sets,
        };
    }

    private static bool IsWhole(ScoreCalibration calibration, TaskSpec task)
    {
        if (!task.IsClassification || calibration.Maps.IsDefault || !(calibration.Exponent is > 0 and <= 1_000))
            return false;
        return calibration.Method switch
        {
            ScoreCalibration.Temperature => calibration.Maps.IsEmpty && task.OutputWidth > 1,
            ScoreCalibration.Platt or ScoreCalibration.Isotonic => calibration.Maps.Length == task.OutputWidth && calibration.Maps.All(IsWhole),
            _ => false,
        };
    }

    private static bool IsWhole(MarginMap? map) =>
        map is { Slope: > 0 and <= 1e6 } && AreKnots(map.Knots, map.Values) && IsAscending(map.Values);

    private static bool IsWhole(ConformalIntervals intervals, TaskSpec task) =>
        task.Kind == TaskKind.Regression && IsWhole(intervals.Residuals)
        && AreKnots(intervals.Scale.Knots, intervals.Scale.Values) && intervals.Scale.Values.All(v => v > 0)
        && (intervals.Floor is null || double.IsFinite(intervals.Floor.Value));

    private static bool IsWhole(ConformalSets sets, TaskSpec task) =>
        task.IsClassification && !sets.Scores.IsDefault
        && (sets.Scores.Length == 1 || sets.Scores.Length == task.Classes.Length) && sets.Scores.All(IsWhole);

    private static bool IsWhole(ConformityScores? scores)
    {
        if (scores is null || scores.Values.IsDefaultOrEmpty || scores.Values.Length > Math.Min(scores.Rows, ConformityScores.MostValues))
            return false;
        for (var i = 0; i < scores.Values.Length; i++)
            if (!float.IsFinite(scores.Values[i]) || (i > 0 && scores.Values[i] < scores.Values[i - 1]))
                return false;
        return true;
    }

    private static bool AreKnots(ImmutableArray<double> knots, ImmutableArray<double> values) =>
        !knots.IsDefaultOrEmpty && !values.IsDefault && knots.Length == values.Length && knots.Length <= MostKnots
        && IsAscending(knots) && values.All(double.IsFinite);

    private static bool IsAscending(ImmutableArray<double> values)
    {
        for (var i = 0; i < values.Length; i++)
            if (!double.IsFinite(values[i]) || (i > 0 && !(values[i] > values[i - 1])))
                return false;
        return true;
    }

    private static void Require(bool isWhole, string what)
    {
        if (!isWhole)
            throw new ArtefactFormatException($"The {what} in the model file's post-processing are broken or do not fit the model's task.");
    }
}
