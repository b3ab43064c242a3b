using System.Collections.Immutable;
using AlgoFactory.Learning;

namespace AlgoFactory.Serving.Prediction;

/// <summary>What a request asks of its answer.</summary>
public sealed record AnswerOptions
{
    /// <summary>Predictions with all probabilities.</summary>
    public static readonly AnswerOptions Default = new();

    /// <summary>Whether the probability of each class is wanted; null: yes, unless <see cref="TopK"/> is.</summary>
    public bool? Probabilities { get; init; }

    /// <summary>The number of most probable classes that are wanted, the most probable first.</summary>
    public int? TopK { get; init; }

    /// <summary>Whether each column's contribution to the raw score is wanted.</summary>
    public bool Explain { get; init; }

    /// <summary>The share of labels that a regression's intervals shall cover.</summary>
    public double? Interval { get; init; }

    /// <summary>The share of labels that a classification's sets of classes shall cover.</summary>
    public double? Set { get; init; }

    /// <summary>Whether the rows are only checked.</summary>
    public bool DryRun { get; init; }

    /// <summary>The output tensors that are wanted, where the protocol has such; default: all.</summary>
    public ImmutableArray<string> Outputs { get; init; }

    /// <summary>Whether the probability of each class is written.</summary>
    public bool WritesProbabilities => Probabilities ?? TopK is null;

    /// <summary>Refuses what a model cannot answer, before anything is predicted.</summary>
    /// <exception cref="RowBindingException">The model has no such answer; the message says why.</exception>
    public void Check(Predictor predictor)
    {
        // Most requests ask for nothing.
        if (ReferenceEquals(this, Default))
            return;
        var isRegression = !predictor.Task.IsClassification;
        if (TopK is < 1)
            throw new RowBindingException("'topK' must be a whole number from 1 on.");
        if (isRegression && (TopK is not null || Probabilities == true))
            throw new RowBindingException("The model predicts a number: it has no classes for 'topK' or 'probabilities'.");
        try
        {
            if (Interval is { } interval)
                predictor.Post.IntervalsAt(interval, predictor.Task.Kind);
            if (Set is { } set)
                predictor.Post.SetsAt(set, predictor.Task.Kind);
        }
        catch (LearningException e)
        {
            throw new RowBindingException(e.Message, inner: e);
        }
    }
}
