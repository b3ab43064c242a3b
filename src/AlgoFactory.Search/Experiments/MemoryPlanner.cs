using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Experiments;

/// <summary>
/// Keeps trials inside a limit of memory: one that would take more gets fewer folds at a time, and one that does not fit even
/// alone is not started. It goes by estimates from the shape of the data, never by what the process holds just now: the same
/// plan gives the same trials.
/// </summary>
internal sealed class MemoryPlanner(long limit, LearnerCatalog catalog, ExperimentData data, TaskSpec task)
{
    private int _shrunk;
    private int _skipped;

    /// <summary>What became of trials that did not fit.</summary>
    public IEnumerable<string> Warnings
    {
        get
        {
            if (_shrunk > 0)
                yield return $"Memory is short: {Trials(_shrunk)} fitted with fewer folds at a time. A higher limit (--memory) makes the search faster.";
            if (_skipped > 0)
                yield return $"Memory is short: {Trials(_skipped)} not started; the leaderboard says what each would take. Raise the limit (--memory) to have them.";
        }
    }

    /// <summary>How many folds of a trial may be fitted at the same time; 0: not even one. Baselines always fit: they have no features.</summary>
    public int FoldsAtOnce(Proposal proposal, TrialEvaluator evaluator)
    {
        if (evaluator.NeedsOf(proposal) == FeatureNeeds.None)
            return evaluator.FoldsAtOnce;
        var folds = (int)Math.Min(evaluator.FoldsAtOnce, limit / Math.Max(1, FoldBytes(proposal, evaluator)));
        if (folds == 0)
            _skipped++;
        else if (folds < evaluator.FoldsAtOnce)
            _shrunk++;
        return folds;
    }

    /// <summary>Whether a fold of it at least can be fitted.</summary>
    public bool Fits(Proposal proposal, TrialEvaluator evaluator) => FoldBytes(proposal, evaluator) <= limit;

    /// <summary>The result of a trial that is not started.</summary>
    public TrialResult Skip(int trial, Proposal proposal, TrialEvaluator evaluator) => new()
    {
        Trial = trial,
        Proposal = proposal,
        Error = $"It would take about {Text(FoldBytes(proposal, evaluator))} of memory beside the table, of {Text(Math.Max(0, limit))} that there are for it (--memory).",
    };

    /// <summary>What a fold takes while it is fitted: its features, and the learner's own.</summary>
    private long FoldBytes(Proposal proposal, TrialEvaluator evaluator)
    {
        var learner = catalog[proposal.Learner];
        var fold = evaluator.Features.Plan.Folds.MaxBy(f => f.Train.Length)!;
        var (width, text) = Width(evaluator.NeedsOf(proposal));
        width += evaluator.Layer?.Margins.Columns ?? 0;
        var features = (long)(fold.Train.Length + fold.Validation.Length) * (4L * width + text);
        return features + learner.FitBytes(new FitShape(fold.Train.Length, width, task.OutputWidth), proposal.Parameters);
    }

    /// <summary>Features that columns become, and bytes of text a row: a word is an index and a number.</summary>
    private (int Width, long Text) Width(FeatureNeeds needs)
    {
        if (needs is FeatureNeeds.None or FeatureNeeds.Pixels)
            return (0, 0);
        var (width, text) = (0, 0.0);
        foreach (var column in data.Schema.Columns.Where(c => c.Role == ColumnRole.Feature))
        {
            var profile = data.Profile.Find(column.Name);
            width += FeatureWidth.Of(column, profile, needs, task);
            if (column.Kind == ColumnKind.Text)
                text += 8 * (1 + (profile?.MeanLength ?? 50) / 5);
        }

        return (width, (long)text);
    }

    private static string Trials(int count) => count == 1 ? "one trial was" : string.Create(CultureInfo.InvariantCulture, $"{count} trials were");

    private static string Text(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):0} MiB");
}
