namespace AlgoFactory.Search.Experiments;

/// <summary>
/// Evaluators on shares of the training rows, made when they are first asked for. All of them validate on the same rows, so
/// that scores compare: a setting tried on fewer rows does a little worse, never better for being measured elsewhere.
/// </summary>
internal sealed class FidelityEvaluators(TrialEvaluator whole, Func<FoldPlan, TrialEvaluator> evaluatorOf, int seed)
{
    private readonly Dictionary<double, TrialEvaluator> _byShare = [];

    /// <summary>The evaluator of a share.</summary>
    public TrialEvaluator For(double share)
    {
        if (share >= 1)
            return whole;
        if (_byShare.TryGetValue(share, out var known))
            return known;
        var plan = whole.Features.Plan;
        var rows = Math.Max(1, (int)Math.Ceiling(share * plan.Folds.Max(f => f.Train.Length)));
        return _byShare[share] = evaluatorOf(plan.Sample(rows, int.MaxValue, seed));
    }
}
