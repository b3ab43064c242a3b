using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Storage.Rows;

/// <summary>A finished trial of an experiment.</summary>
internal sealed class TrialRow
{
    public required string ExperimentId { get; init; }

    /// <summary>The trial's number within its experiment, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>
    /// The <see cref="LeaderboardEntry"/> as JSON, whole: a score may be a number that no column holds (SQLite turns NaN
    /// into NULL), and a trial is only ever read as one piece.
    /// </summary>
    public required string Entry { get; set; }
}
