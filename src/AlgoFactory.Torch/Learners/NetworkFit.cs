using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Onnx.Runtime;
using AlgoFactory.Torch.Networks;
using AlgoFactory.Torch.Protocol;
using AlgoFactory.Torch.Workers;

namespace AlgoFactory.Torch.Learners;

/// <summary>What the learners that train in a worker have in common: rows, labels and units on their way there, and what comes back.</summary>
internal static class NetworkFit
{
    /// <summary>What the exported network's scores may differ from the trainer's, relative to the larger of 1 and the score.</summary>
    public const double Parity = 1e-4;

    /// <summary>What a worker takes before it has seen a row: libtorch, the runtime, buffers of its allocator.</summary>
    public const long WorkerBytes = 500L << 20;

    /// <summary>The part of a fit's time that is kept for what comes after training: the weights' way back, the graph, the comparison.</summary>
    private const double AfterShare = 0.03;

    private static readonly TimeSpan After = TimeSpan.FromSeconds(0.3);

    /// <summary>What is missing on this machine; null: nothing.</summary>
    public static string? Unavailable =>
        TorchLibrary.Path is null ? TorchLibrary.HowToInstall
        : OnnxRuntimeLibrary.IsInstalled ? null
        : OnnxRuntimeLibrary.HowToInstall;

    /// <summary>Rows whose weight is above 0.</summary>
    public static int[] CountedRows(TrainingSet data)
    {
        var weights = data.Weights;
        int[] rows = [.. Enumerable.Range(0, data.RowCount).Where(r => weights.IsEmpty || weights.Span[r] > 0)];
        return rows.Length > 0 ? rows : throw new LearningException("A network needs a training row whose weight is above 0.");
    }

    /// <summary>Raw scores of a task.</summary>
    public static int Outputs(TaskSpec task) => task.Kind == TaskKind.Regression ? 1 : Math.Max(2, task.Classes.Length);

    /// <summary>Trains a network on rows in a worker.</summary>
    /// <param name="data">The training set.</param>
    /// <param name="rows">Its rows that count.</param>
    /// <param name="network">The network.</param>
    /// <param name="options">How to train.</param>
    /// <param name="augmentation">What is done to images; null: nothing.</param>
    /// <param name="bytes">The inputs of a batch's rows, as the network reads them.</param>
    /// <param name="context">Seed, threads, time, progress.</param>
    /// <exception cref="LearningException">The worker failed; its words are in the message.</exception>
    public static (TrainedWeights Trained, TargetUnits? Target) Train(
        TrainingSet data, int[] rows, NetworkSpec network, TrainingOptions options, AugmentationOptions? augmentation, Func<FeatureBatch, int[], byte[]> bytes, FitContext context)
    {
        var validation = data.Validation is { RowCount: > 0 } held ? held : null;
        var metric = validation?.StoppingMetric ?? data.StoppingMetric
            ?? MetricCatalog.Find(data.Task.Kind == TaskKind.Regression ? "rmse" : "logloss", data.Task.Kind);
        var target = data.Task.Kind == TaskKind.Regression ? Units(data, rows) : null;
        var sent = new TrainingData(
            bytes(data.Features, rows), Labels(data, rows, target), Weights(data, rows),
            validation is null ? [] : bytes(validation.Features, [.. Enumerable.Range(0, validation.RowCount)]),
            validation?.Labels.ToArray() ?? [], validation is null ? [] : Ones(validation));
        var job = new TrainingJob
        {
            Network = network,
            Task = data.Task.Kind,
            Rows = rows.Length,
            ValidationRows = validation?.RowCount ?? 0,
            Metric = metric.Name,
            Target = target,
            Options = options,
            Augmentation = augmentation ?? new(),
            Seed = context.Seed,
            Device = TorchDevice.Chosen,
        };
        job = job with { Checkpoint = Checkpoints.PathOf(job, sent), Seconds = Seconds(context) };
        var trained = TorchWorker.Train(job, sent, Math.Max(1, context.MaxThreads), step => context.Progress?.Report(
            new FitProgress(step.Step, step.Steps, metric.HigherIsBetter ? -step.Validation : step.Validation)), context.Cancellation);
        return (trained, target);
    }

    /// <summary>What was exported must say what was trained: a graph that does not is a defect, and no model.</summary>
    public static void Compare(IModel model, FeatureBatch features, int[] rows, float[] expected)
    {
        var probes = rows[..(expected.Length / model.OutputWidth)];
        var scores = new float[expected.Length];
        model.Predict(features.Take(probes), scores);
        for (var i = 0; i < scores.Length; i++)
            if (!(Math.Abs(scores[i] - expected[i]) <= Parity * Math.Max(1, Math.Abs(expected[i]))))
                throw new LearningException($"The exported network's score {scores[i]} differs from the trained one's {expected[i]}: it is not served.");
    }

    /// <summary>The parameters that train as long again without validation rows.</summary>
    public static ParameterSet Refit(ParameterSet parameters, ParameterSpec epochs, JobResult result) =>
        parameters.With(epochs.Name, Math.Max(1, result.StoppedEarly ? result.BestEpoch : result.Epochs));

    private static double? Seconds(FitContext context)
    {
        if (context.Deadline is not { } deadline)
            return null;
        var left = deadline - context.Clock.GetUtcNow();
        return Math.Max(0.1, (left * (1 - AfterShare) - After).TotalSeconds);
    }

    private static float[] Labels(TrainingSet data, int[] rows, TargetUnits? target)
    {
        var labels = data.Labels;
        return Array.ConvertAll(rows, r => target is null ? labels.Span[r] : (float)((labels.Span[r] - target.Mean) / target.Deviation));
    }

    /// <summary>One a row, 1 in the mean.</summary>
    private static float[] Weights(TrainingSet data, int[] rows)
    {
        var weights = new float[rows.Length];
        double sum = 0;
        for (var i = 0; i < rows.Length; i++)
            sum += weights[i] = data.Weights.IsEmpty ? 1 : data.Weights.Span[rows[i]];
        for (var i = 0; i < rows.Length; i++)
            weights[i] = (float)(weights[i] * rows.Length / sum);
        return weights;
    }

    private static float[] Ones(TrainingSet data)
    {
        if (!data.Weights.IsEmpty)
            return data.Weights.ToArray();
        var ones = new float[data.RowCount];
        ones.AsSpan().Fill(1);
        return ones;
    }

    private static TargetUnits Units(TrainingSet data, int[] rows)
    {
        double sum = 0, squares = 0, total = 0;
        float lowest = float.PositiveInfinity, highest = float.NegativeInfinity;
        foreach (var row in rows)
        {
            double weight = data.Weights.IsEmpty ? 1 : data.Weights.Span[row];
            var label = data.Labels.Span[row];
            total += weight;
            sum += weight * label;
            squares += weight * label * label;
            (lowest, highest) = (Math.Min(lowest, label), Math.Max(highest, label));
        }

        var mean = sum / total;
        var deviation = Math.Sqrt(Math.Max(0, squares / total - mean * mean));
        // A network that has seen nothing alike is held near what it has seen.
        var margin = ((double)highest - lowest) / 2;
        return new TargetUnits(mean, deviation > 1e-12 * Math.Abs(mean) && deviation > 0 ? deviation : 1, Held(lowest - margin), Held(highest + margin));
    }

    private static float Held(double value) => (float)Math.Clamp(value, float.MinValue, float.MaxValue);
}
