using AlgoFactory.Learning.Calibration;
using AlgoFactory.Learning.Conformal;

namespace AlgoFactory.Learning;

/// <summary>What happens to the combined scores: calibration, the decision, and how sure one can be of it.</summary>
/// <param name="Threshold">Binary: the calibrated probability of the positive class from which it is predicted.</param>
public sealed record PostProcessing(double Threshold = 0.5)
{
    /// <summary>How <see cref="Threshold"/> was chosen, in the words of <see cref="Learning.ThresholdRule"/>; null: it was not.</summary>
    public string? ThresholdRule { get; init; }

    /// <summary>Classification: makes scores into calibrated probabilities; null: they are taken as they are.</summary>
    public ScoreCalibration? Calibration { get; init; }

    /// <summary>Regression: prediction intervals; null: the model has none.</summary>
    public ConformalIntervals? Intervals { get; init; }

    /// <summary>Classification: sets of classes; null: the model has none.</summary>
    public ConformalSets? Sets { get; init; }

    /// <summary>The intervals of a level.</summary>
    /// <exception cref="LearningException">The model has none, or not of that level; the message says why.</exception>
    public IntervalRule IntervalsAt(double level, TaskKind task)
    {
        ConformalLevel.Check(level, "interval");
        return Intervals?.At(level) ?? throw new LearningException(task switch
        {
            TaskKind.Regression => "The model holds no residuals to make intervals of: it was made by an earlier version; train it again.",
            TaskKind.Binary or TaskKind.Multiclass => "The model predicts classes, and 'interval' is for numbers; ask for a 'set' of classes instead.",
            _ => "The model is a recommender, which has no intervals.",
        });
    }

    /// <summary>The sets of a level.</summary>
    /// <exception cref="LearningException">The model has none; the message says why.</exception>
    public SetRule SetsAt(double level, TaskKind task)
    {
        ConformalLevel.Check(level, "set");
        return Sets?.At(level) ?? throw new LearningException(task switch
        {
            TaskKind.Regression => "The model predicts a number, and 'set' is for classes; ask for an 'interval' instead.",
            TaskKind.Binary or TaskKind.Multiclass => "The model holds no scores to make sets of: it was made by an earlier version; train it again.",
            _ => "The model is a recommender, which has no sets of classes.",
        });
    }
}
