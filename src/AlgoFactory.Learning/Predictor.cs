using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning;

/// <summary>One model of an ensemble with the features it reads.</summary>
/// <param name="Learner">The learner that fitted it.</param>
/// <param name="Parameters">Its parameters.</param>
/// <param name="Pipeline">Turns rows into its features.</param>
/// <param name="Model">The model.</param>
/// <param name="Weight">Its share in the weighted mean of scores; the shares sum to 1.</param>
public sealed record EnsembleMember(string Learner, ParameterSet Parameters, FeaturePipeline Pipeline, IModel Model, double Weight)
{
    /// <summary>Lets go of what its models own beside managed memory; it predicts no more.</summary>
    public void Release()
    {
        (Model as IDisposable)?.Dispose();
        Pipeline.FirstLayer?.Release();
    }
}

/// <summary>
/// A whole fitted model: schema, pipelines, members, combiner and post-processing; rows in, predictions out.
/// Immutable and thread-safe. A single model is an ensemble of one.
/// </summary>
public sealed class Predictor
{
    /// <summary>Creates a predictor.</summary>
    public Predictor(Schema schema, TaskSpec task, ImmutableArray<EnsembleMember> members, PostProcessing post)
    {
        if (members.IsDefaultOrEmpty)
            throw new ArgumentException("A predictor needs a member.", nameof(members));
        Schema = schema;
        Task = task;
        Members = members;
        Post = post;
        InputColumns = [.. schema.Features];
    }

    /// <summary>The schema of the training data, label and ignored columns included.</summary>
    public Schema Schema { get; }

    /// <summary>The task with its classes.</summary>
    public TaskSpec Task { get; }

    /// <summary>The members.</summary>
    public ImmutableArray<EnsembleMember> Members { get; }

    /// <summary>What happens to the combined scores.</summary>
    public PostProcessing Post { get; }

    /// <summary>The columns that rows to predict are bound to (the features).</summary>
    public ImmutableArray<ColumnSpec> InputColumns { get; }

    /// <summary>
    /// The members' importance by data column, each in its share; the shares sum to 1, the most important first. Empty when
    /// no member knows.
    /// </summary>
    public ImmutableArray<ColumnImportance> Importance()
    {
        var shares = Members
            .Where(m => m.Model is IFeatureImportance)
            .SelectMany(m => m.Pipeline.ImportanceByColumn(((IFeatureImportance)m.Model).Importance)
                .Select(c => c with { Share = c.Share * m.Weight }))
            .GroupBy(c => c.Column, c => c.Share, StringComparer.Ordinal)
            .Select(g => new ColumnImportance(g.Key, g.Sum()))
            .ToArray();
        var total = shares.Sum(s => s.Share);
        return total > 0
            ? [.. shares.Select(s => s with { Share = s.Share / total }).OrderByDescending(s => s.Share).ThenBy(s => s.Column, StringComparer.Ordinal)]
            : [];
    }

    /// <summary>Predicts rows that were bound to <see cref="InputColumns"/>.</summary>
    public Predictions Predict(Frame rows)
    {
        var width = Task.OutputWidth;
        var scores = new float[rows.RowCount * width];
        if (Members.Length == 1)
        {
            Score(Members[0], rows, scores);
            return Finish(scores);
        }

        var part = new float[scores.Length];
        for (var m = 0; m < Members.Length;)
        {
            // The features of members that share a pipeline, and so stand side by side, are made once.
            var pipeline = Members[m].Pipeline;
            var builder = FeatureBatchBuilder.Rent(rows.RowCount);
            var features = pipeline.Transform(rows, builder);
            for (; m < Members.Length && ReferenceEquals(Members[m].Pipeline, pipeline); m++)
            {
                Members[m].Model.Predict(features, part);
                var weight = (float)Members[m].Weight;
                for (var i = 0; i < scores.Length; i++)
                    scores[i] += weight * part[i];
            }

            builder.Return();
        }

        return Finish(scores);
    }

    private Predictions Finish(float[] scores)
    {
        Post.Calibration?.Apply(scores, Task.OutputWidth);
        return new Predictions(Task, Post, scores);
    }

    // The features of a single row take no new memory: the batch is used no more when the model has predicted.
    private static void Score(EnsembleMember member, Frame rows, Span<float> scores)
    {
        var builder = FeatureBatchBuilder.Rent(rows.RowCount);
        member.Model.Predict(member.Pipeline.Transform(rows, builder), scores);
        builder.Return();
    }
}

/// <summary>The predictions of some rows.</summary>
public sealed class Predictions
{
    private readonly float[] _scores;

    /// <summary>Creates predictions over rows × <see cref="TaskSpec.OutputWidth"/> scores, which are not copied.</summary>
    public Predictions(TaskSpec task, PostProcessing post, float[] scores)
    {
        Task = task;
        Post = post;
        _scores = scores;
    }

    /// <summary>The task.</summary>
    public TaskSpec Task { get; }

    /// <summary>The post-processing that was applied.</summary>
    public PostProcessing Post { get; }

    /// <summary>rows × <see cref="TaskSpec.OutputWidth"/>.</summary>
    public ReadOnlySpan<float> Scores => _scores;

    /// <summary>Rows.</summary>
    public int RowCount => _scores.Length / Task.OutputWidth;

    /// <summary>Regression: the value.</summary>
    public float Value(int row) => _scores[row];

    /// <summary>Classification: the predicted class's index.</summary>
    public int ClassIndex(int row)
    {
        if (Task.Kind == TaskKind.Binary)
            return _scores[row] >= Post.Threshold ? 1 : 0;
        var scores = _scores.AsSpan(row * Task.OutputWidth, Task.OutputWidth);
        return System.Numerics.Tensors.TensorPrimitives.IndexOfMax(scores);
    }

    /// <summary>Classification: the probability of a class.</summary>
    public float Probability(int row, int classIndex)
    {
        if (Task.Kind != TaskKind.Binary)
            return _scores[row * Task.OutputWidth + classIndex];
        return classIndex == 1 ? _scores[row] : 1 - _scores[row];
    }
}
