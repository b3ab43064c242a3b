using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Experiments;

/// <summary>
/// Finds, on large data under a budget of time, how many rows a trial can train on. It climbs from a small random sample
/// to larger ones with one setting, each rung a model that could be served, and predicts the next rung from the last two:
/// so the first model is there within a second or two, and nothing is started that cannot be finished or that memory is too short for.
/// </summary>
internal sealed class SizeLadder(TimePlanner time, Func<FoldPlan, TrialEvaluator> evaluatorOf, MemoryPlanner memory, int seed)
{
    /// <summary>Data with up to that many training rows needs no ladder.</summary>
    public const int FewRows = 20_000;

    private const int FirstRung = 2_500;
    private const int Step = 4;
    private const double ShareOfLeft = 0.6;

    /// <summary>The part of the first rung's time that grows with the rows; the rest is the program's start-up.</summary>
    private const double FirstSlope = 0.25;

    /// <summary>The first rung may take that long even when time is nearly over: some model must be there.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(0.75);

    /// <summary>Where the climb ended.</summary>
    /// <param name="Evaluator">On the rows that trials are to use.</param>
    /// <param name="Rungs">The results on the way; the last one was made with <paramref name="Evaluator"/> unless it uses all rows.</param>
    /// <param name="IsSample">Whether not all rows are used.</param>
    public sealed record Top(TrialEvaluator Evaluator, IReadOnlyList<TrialResult> Rungs, bool IsSample)
    {
        /// <summary>Whether it was memory that ended the climb, not time.</summary>
        public bool IsShortOfMemory { get; init; }
    }

    /// <summary>Climbs.</summary>
    /// <param name="full">The plan on all rows.</param>
    /// <param name="proposal">The setting to climb with.</param>
    /// <param name="refitShare">The final fit's time as a share of a trial's on all rows.</param>
    /// <param name="cancellation">Ends the climb.</param>
    public Top Climb(FoldPlan full, Proposal proposal, double refitShare, CancellationToken cancellation)
    {
        var all = full.Folds.Max(f => f.Train.Length);
        if (!time.IsLimited || all <= FewRows)
            return new Top(evaluatorOf(full), [], false);

        var rungs = new List<TrialResult>();
        var (rows, lastRows) = (FirstRung, 0);
        while (true)
        {
            var evaluator = evaluatorOf(Rung(full, rows));
            var left = TimePlanner.Max(time.Left, rungs.Count == 0 ? Least : TimeSpan.Zero);
            var result = evaluator.Evaluate(0, proposal, new TrialTime(0.5 * left, 0.7 * left), cancellation);
            rungs.Add(result);
            if (result.Error is not null)
                return new Top(evaluator, rungs, true);
            // From the second rung on at least half as steep as a line through the origin: one slow start must not flatten it.
            var slope = rungs.Count == 1
                ? FirstSlope * result.Wall / rows
                : TimePlanner.Max((result.Wall - rungs[^2].Wall) / (rows - lastRows), 0.5 * result.Wall / rows);
            TimeSpan At(int n) => result.Wall + slope * (n - rows);

            left = time.Left;
            var most = MostRows(full, proposal, rows, all);
            if (rungs.Count > 1 && most == all && At(all) * (1 + TimePlanner.Slack * refitShare) <= ShareOfLeft * left)
            {
                time.Record(proposal.Learner, At(all));
                return new Top(evaluatorOf(full), rungs, false);
            }

            var affordable = rows + (int)Math.Clamp((ShareOfLeft * left - result.Wall) / slope, 0, all - rows);
            if (Math.Min(affordable, most) < 2 * rows)
            {
                time.Record(proposal.Learner, result.Wall);
                return new Top(evaluator, rungs, rows < all) { IsShortOfMemory = most < Math.Min(affordable, all) };
            }

            (lastRows, rows) = (rows, Math.Min(Math.Min(affordable, most), Step * rows));
        }
    }

    private FoldPlan Rung(FoldPlan full, int rows) => full.Sample(rows, Math.Max(FirstRung, rows / 4), seed);

    /// <summary>All rows where memory is enough for a trial on them, else as many as it is enough for: what a fit takes grows with the rows.</summary>
    private int MostRows(FoldPlan full, Proposal proposal, int rows, int all)
    {
        if (memory.Fits(proposal, evaluatorOf(full)))
            return all;
        var most = rows;
        while (2 * most < all && memory.Fits(proposal, evaluatorOf(Rung(full, 2 * most))))
            most *= 2;
        return most;
    }
}
