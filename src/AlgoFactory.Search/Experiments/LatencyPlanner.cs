using AlgoFactory.Learning;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Experiments;

/// <summary>
/// Keeps trials inside a limit of latency: what a learner's models took before says what its next one will. A model that is a
/// sum of trees gets as many as there is time for; a learner whose quickest model was far too slow is not tried again.
/// </summary>
internal sealed class LatencyPlanner(LatencyMeter meter, TimeSpan limit, LearnerCatalog catalog)
{
    /// <summary>Settings other than the number of trees may make a model so many times faster.</summary>
    private const double FarTooSlow = 3;

    /// <summary>The part of the limit that is planned for: deeper trees than those measured take longer.</summary>
    private const double Planned = 0.9;

    /// <summary>The parameters that say how many trees a model has.</summary>
    private static readonly string[] Sizes = ["rounds", "trees"];

    private readonly Dictionary<string, Known> _known = new(StringComparer.Ordinal);

    /// <summary>The proposal, with fewer trees where it would have too many; null: its model would be too slow whatever it does.</summary>
    public Proposal? Shorten(Proposal proposal)
    {
        if (!_known.TryGetValue(proposal.Learner, out var known))
            return proposal;
        if (known.Size is not { } size)
            return known.Least > FarTooSlow * limit ? null : proposal;
        var most = (int)Math.Min(int.MaxValue, (Planned * limit - known.Features) / known.Tree);
        if (most < 1)
            return null;
        var wanted = proposal.Parameters.Values.FirstOrDefault(v => v.Key == size).Value as double? ?? double.MaxValue;
        return wanted <= most ? proposal : proposal with { Parameters = proposal.Parameters.With(size, most) };
    }

    /// <summary>The result, failed where even one of its models alone is too slow: it cannot be served, and must not crowd out what can.</summary>
    public TrialResult Within(TrialResult result)
    {
        if (result.FoldModels.IsEmpty || catalog[result.Proposal.Learner].Info.IsBaseline)
            return result;
        var took = meter.Measure(result, result.FoldModels[0]);
        Learn(result, took);
        return took <= limit
            ? result
            : result.Slim() with
            {
                Score = null,
                FoldScores = [],
                Error = $"Its model takes {LatencyMeter.Text(took)} a row where {LatencyMeter.Text(limit)} are allowed.",
            };
    }

    private void Learn(TrialResult result, TimeSpan took)
    {
        var learner = result.Proposal.Learner;
        var least = _known.TryGetValue(learner, out var before) && before.Least < took ? before.Least : took;
        var trees = result.RefitParameters.Values.FirstOrDefault(v => Sizes.Contains(v.Key) && v.Value is double and >= 1);
        if (trees.Key is null)
        {
            _known[learner] = new Known(least, null, TimeSpan.Zero, TimeSpan.Zero);
            return;
        }

        var features = meter.Measure(result.FoldModels[0].Pipeline);
        var tree = TimePlanner.Max(TimeSpan.FromTicks(1), took - features) / (double)trees.Value;
        // The slowest trees of the learner so far: a setting with smaller ones must not let one with larger ones through.
        if (before is { Size: not null } && before.Tree > tree)
            tree = before.Tree;
        _known[learner] = new Known(least, trees.Key, features, tree);
    }

    /// <summary>What is known of a learner's models.</summary>
    /// <param name="Least">The quickest took that long.</param>
    /// <param name="Size">The parameter that says how many trees a model has; null: it is no sum of trees.</param>
    /// <param name="Features">What making a row's features takes.</param>
    /// <param name="Tree">What a tree takes, the slowest so far; never zero.</param>
    private sealed record Known(TimeSpan Least, string? Size, TimeSpan Features, TimeSpan Tree);
}
