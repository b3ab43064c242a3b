using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning.Recommending;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Learners.Factorization;

/// <summary>
/// Matrix factorization: users and items as vectors whose product is the rating, or the rank. One learner of several
/// algorithms, for they all make the same kind of model.
/// </summary>
internal sealed class MfLearner : ILearner
{
    /// <inheritdoc/>
    public LearnerInfo Info { get; } = new(
        "mf", "Matrix factorization", TaskKinds.Recommend, FeatureNeeds.Interactions, Reproducibility.AnyThreads, UsesValidation: false);

    /// <inheritdoc/>
    public SearchSpace Space(DatasetProfile profile, TaskSpec task) => MfSettings.Space(task.Kind);

    /// <inheritdoc/>
    public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        var settings = MfSettings.Of(parameters, data.Task.Kind);
        var rated = data.Task.Kind == TaskKind.Rating;
        var seen = Interactions.Of(data, rated);
        if (!rated)
        {
            var ranking = settings.Algorithm == MfSettings.Bpr ? MfBpr.Fit(seen, settings, context) : MfIals.Fit(seen, settings, context);
            return new FitOutcome(SideModel.Wrap(ranking.ToRankingModel(seen), data), parameters);
        }

        var mean = RatingMean.Of(data, seen);
        // Nothing varies: random factors would only add noise to what is known.
        if (seen.AllValues.IndexOfAnyExcept(mean) < 0)
            return new FitOutcome(SideModel.Wrap(new MfFactors(seen.UserCount, seen.ItemCount, 1, 0, context.Seed).ToRatingModel(seen, mean), data), parameters);
        var factors = settings.Algorithm switch
        {
            MfSettings.Sgd => MfSgd.Fit(seen, mean, settings, context),
            MfSettings.SvdPlusPlus => MfSvdPlusPlus.Fit(seen, mean, settings, context),
            _ => MfAls.Fit(seen, mean, settings, context),
        };
        return new FitOutcome(SideModel.Wrap(factors.ToRatingModel(seen, mean), data), parameters);
    }
}

/// <summary>The mean rating.</summary>
internal static class RatingMean
{
    /// <summary>Of the interactions; where no row has a known user and item, of the labels.</summary>
    public static float Of(TrainingSet data, Interactions seen)
    {
        var (sum, count) = (0.0, 0L);
        foreach (var value in seen.Count > 0 ? seen.AllValues : data.Labels.Span)
        {
            sum += value;
            count++;
        }

        return count > 0 ? (float)(sum / count) : 0;
    }
}
