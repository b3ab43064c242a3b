using System.Collections.Immutable;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Experiments;

/// <summary>What became of one proposal; a failed trial is a result with an <see cref="Error"/>.</summary>
public sealed record TrialResult
{
    /// <summary>The trial's number, from 1.</summary>
    public required int Trial { get; init; }

    /// <summary>What was tried.</summary>
    public required Proposal Proposal { get; init; }

    /// <summary>Why it failed, or null.</summary>
    public string? Error { get; init; }

    /// <summary>The mean of <see cref="FoldScores"/> that are defined; null when it failed.</summary>
    public double? Score { get; init; }

    /// <summary>The metric in each fold; NaN where it is not defined.</summary>
    public ImmutableArray<double> FoldScores { get; init; } = [];

    /// <summary>Time spent fitting, summed over the folds.</summary>
    public TimeSpan FitTime { get; init; }

    /// <summary>The longest fit of one fold.</summary>
    public TimeSpan LongestFit { get; init; }

    /// <summary>From the trial's start to its end.</summary>
    public TimeSpan Wall { get; init; }

    /// <summary>What measuring its out-of-sample scores took: so long takes each combination that is tried at the end.</summary>
    public TimeSpan MeasureTime { get; init; }

    /// <summary>Out-of-sample scores: validation rows × output width, fold after fold; empty when it failed or was let go.</summary>
    public ReadOnlyMemory<float> OutOfSample { get; init; }

    /// <summary>The parameters for the fit on all rows.</summary>
    public ParameterSet RefitParameters { get; init; } = ParameterSet.Empty;

    /// <summary>
    /// The models of the folds: all of them where they are served as a bag, else the first one, for when there is no time to
    /// fit again; empty when they were let go.
    /// </summary>
    public ImmutableArray<FittedModel> FoldModels { get; init; } = [];

    /// <summary>This result's line of the leaderboard, without a rank.</summary>
    public LeaderboardEntry ToEntry() => new()
    {
        Trial = Trial,
        Learner = Proposal.Learner,
        Score = Score,
        FoldScores = FoldScores,
        FitSeconds = FitTime.TotalSeconds,
        Error = Error,
        Fidelity = Proposal.Fidelity < 1 ? Proposal.Fidelity : null,
        Parameters = Proposal.Parameters.Values.ToImmutableSortedDictionary(StringComparer.Ordinal),
    };

    /// <summary>This result without what takes memory.</summary>
    public TrialResult Slim() => this with { OutOfSample = default, FoldModels = [] };
}

/// <summary>A fitted model with the pipeline that makes its features.</summary>
public sealed record FittedModel(FeaturePipeline Pipeline, IModel Model);
