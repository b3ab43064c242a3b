using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Streaming;

/// <summary>A learner that can also learn from rows that do not fit in memory.</summary>
public interface IStreamingLearner : ILearner
{
    /// <summary>Fits a model on a stream, which is read from front to back as often as the learner needs.</summary>
    /// <exception cref="LearningException">The data cannot be learned from; the message says why.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    FitOutcome FitStream(StreamedTrainingSet data, ParameterSet parameters, FitContext context);
}
