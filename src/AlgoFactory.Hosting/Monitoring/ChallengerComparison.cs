using System.Globalization;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Serving.Monitoring;

namespace AlgoFactory.Hosting.Monitoring;

/// <summary>Compares a challenger with the live version on the newest labelled predictions, which neither was trained on.</summary>
internal sealed class ChallengerComparison(LogReader reader)
{
    /// <summary>Labelled rows that there must be.</summary>
    public const int FewestRows = 50;

    private const int MostRows = 20_000;

    /// <summary>Whichever version answered, both predict all rows anew; null where there are too few, or the metric is not defined on them.</summary>
    /// <param name="open">The retraining.</param>
    /// <param name="live">The live version.</param>
    /// <param name="challenger">The challenger.</param>
    /// <param name="policy">What the deployment logs.</param>
    /// <param name="labels">The labels.</param>
    /// <param name="from">Predictions from then on.</param>
    /// <param name="until">Predictions before then.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="IOException">The log cannot be read, or was written to meanwhile; the next look tries again.</exception>
    public PairedGain? Compare(
        Retraining open, ModelFile live, ModelFile challenger, LogPolicy policy, IReadOnlyCollection<KnownLabel> labels, DateTimeOffset from, DateTimeOffset until,
        CancellationToken cancellation)
    {
        if (Read(live) is not { } before || Read(challenger) is not { } after || before.Times.Length < FewestRows)
            return null;
        // A part of the log may have appeared between the two readings: rows would be compared with others.
        if (!before.Times.AsSpan().SequenceEqual(after.Times))
            throw new IOException("The log of predictions was written to while two versions were compared on it.");
        return PairedBootstrap.Compare(open.Metric!, Scored(live, before), Scored(challenger, after), cancellation: cancellation);

        LoggedRows? Read(ModelFile file) => reader.Read(open.Deployment, null, null, file.Predictor, policy, from, until, MostRows, RowPick.Newest, labels, cancellation);
    }

    /// <summary>What came out, in a sentence.</summary>
    public static string Finding(Retraining compared) =>
        $"On the newest {compared.ComparedRows.ToString("N0", CultureInfo.InvariantCulture)} labelled rows version {compared.Challenger} is " + compared.Verdict switch
        {
            ChallengerVerdict.Better => $"better than version {compared.Version}",
            ChallengerVerdict.Worse => $"worse than version {compared.Version}",
            _ => $"not to be told from version {compared.Version}",
        } + $": {Scores(compared)}.";

    /// <summary>The scores and the interval of the gain.</summary>
    public static string Scores(Retraining compared) => string.Create(
        CultureInfo.InvariantCulture,
        $"{compared.Metric} {compared.LiveScore:0.####} → {compared.ChallengerScore:0.####}, a gain of {compared.GainLow:0.####} to {compared.GainHigh:0.####} (95 % interval)");

    private static ScoredRows Scored(ModelFile file, LoggedRows rows)
    {
        var predictor = file.Predictor;
        return new ScoredRows(predictor.Task, predictor.Predict(rows.Rows).Scores.ToArray(), rows.Labels, predictor.Post.Threshold);
    }
}
