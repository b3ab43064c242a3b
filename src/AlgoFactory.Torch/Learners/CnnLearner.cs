using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Features.Images;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Onnx.Runtime;
using AlgoFactory.Torch.Networks;
using AlgoFactory.Torch.Protocol;
using AlgoFactory.Torch.Workers;

namespace AlgoFactory.Torch.Learners;

/// <summary>
/// A small residual network that learns images from nothing, on libtorch in a process of its own; what it has learned is an
/// ONNX graph that ONNX Runtime answers. Its scores are compared with the trainer's before the model is handed out.
/// </summary>
public sealed class CnnLearner : ILearner
{
    /// <summary>What the exported network's scores may differ from the trainer's, relative to the larger of 1 and the score.</summary>
    public const double Parity = 1e-4;

    /// <summary>The part of a fit's time that is kept for what comes after training: the weights' way back, the graph, the comparison.</summary>
    private const double AfterShare = 0.03;

    /// <summary>What a worker takes before it has seen an image: libtorch, the runtime, buffers of its allocator.</summary>
    private const long WorkerBytes = 500L << 20;

    private static readonly TimeSpan After = TimeSpan.FromSeconds(0.3);

    /// <inheritdoc/>
    public LearnerInfo Info { get; } = new(
        "cnn", "Convolutional network (ResNet)", TaskKinds.All, FeatureNeeds.Pixels, Reproducibility.SameThreads, UsesValidation: true, NeedsImages: true, FillsTime: true);

    /// <inheritdoc/>
    public string? Unavailable =>
        TorchLibrary.Path is null ? TorchLibrary.HowToInstall
        : OnnxRuntimeLibrary.IsInstalled ? null
        : OnnxRuntimeLibrary.HowToInstall;

    /// <inheritdoc/>
    public SearchSpace Space(DatasetProfile profile, TaskSpec task) => CnnParameters.Space(profile.RowCount, PixelGrid.SideOf(profile, task.Label) is not null);

    /// <inheritdoc/>
    public long FitBytes(FitShape shape, ParameterSet parameters) =>
        WorkerBytes + 3 * shape.Rows * ImageBytes + (long)parameters.Integer(CnnParameters.Batch) * parameters.Integer(CnnParameters.Width) * 64 * 64 * 8;

    private const long ImageBytes = 64 * 64 * 3;

    /// <inheritdoc/>
    public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
    {
        if (Unavailable is { } reason)
            throw new LearningException(reason);
        if (data.Features.Images is not { } images)
            throw new LearningException("A network of images needs a column of images, or a table whose columns are the pixels of a square image.");
        var rows = CountedRows(data, images);
        var validation = data.Validation is { RowCount: > 0 } held ? held : null;
        var metric = validation?.StoppingMetric ?? data.StoppingMetric
            ?? MetricCatalog.Find(data.Task.Kind == TaskKind.Regression ? "rmse" : "logloss", data.Task.Kind);
        var target = data.Task.Kind == TaskKind.Regression ? Units(data, rows) : null;
        var network = Network(data.Task, images, rows, parameters);
        var sent = new TrainingData(
            Pixels(images, rows), Labels(data, rows, target), Weights(data, rows),
            validation is null ? [] : Pixels(validation.Features.Images!, [.. Enumerable.Range(0, validation.RowCount)]),
            validation?.Labels.ToArray() ?? [], validation is null ? [] : Ones(validation));
        var job = new TrainingJob
        {
            Network = network,
            Task = data.Task.Kind,
            Rows = rows.Length,
            ValidationRows = validation?.RowCount ?? 0,
            Metric = metric.Name,
            Target = target,
            Options = CnnParameters.Options(parameters, rows.Length),
            Augmentation = CnnParameters.Augmentation(parameters, network.Channels == 1),
            Seed = context.Seed,
            Device = TorchDevice.Chosen,
        };
        job = job with { Checkpoint = Checkpoints.PathOf(job, sent), Seconds = Seconds(context) };
        var trained = TorchWorker.Train(job, sent, Math.Max(1, context.MaxThreads), step => context.Progress?.Report(
            new FitProgress(step.Step, step.Steps, metric.HigherIsBetter ? -step.Validation : step.Validation)), context.Cancellation);
        var model = new OnnxModel(ConvNetGraph.Write(network, trained.Weights, data.Task.Kind, target), images.Size, data.Task.OutputWidth, trained.Result.Curve);
        Compare(model, images, rows, trained.ProbeScores);
        var epochs = trained.Result.StoppedEarly ? trained.Result.BestEpoch : trained.Result.Epochs;
        return new FitOutcome(model, parameters.With(CnnParameters.Epochs.Name, Math.Max(1, epochs)));
    }

    private static double? Seconds(FitContext context)
    {
        if (context.Deadline is not { } deadline)
            return null;
        var left = deadline - context.Clock.GetUtcNow();
        return Math.Max(0.1, (left * (1 - AfterShare) - After).TotalSeconds);
    }

    /// <summary>Rows whose weight is above 0.</summary>
    private static int[] CountedRows(TrainingSet data, ImageBlock images)
    {
        var weights = data.Weights;
        int[] rows = [.. Enumerable.Range(0, images.RowCount).Where(r => weights.IsEmpty || weights.Span[r] > 0)];
        return rows.Length > 0 ? rows : throw new LearningException("A network needs a training row whose weight is above 0.");
    }

    private static ConvNetSpec Network(TaskSpec task, ImageBlock images, int[] rows, ParameterSet parameters)
    {
        var size = images.Size;
        var grey = PixelStatistics.IsGrey(images, rows);
        var side = Math.Min(size.Height, size.Width);
        var wanted = parameters.Choice(CnnParameters.ImageSize) switch
        {
            "auto" => size.Channels == 1 ? side : 32,
            var text => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture),
        };
        var shrink = Math.Max(1, side / Math.Max(8, wanted));
        while (size.Height % shrink != 0 || size.Width % shrink != 0)
            shrink--;
        var (mean, deviation) = PixelStatistics.Of(images, rows, grey);
        return new ConvNetSpec
        {
            Image = size,
            Grey = grey,
            Shrink = shrink,
            Widths = CnnParameters.Widths(side / shrink, parameters.Integer(CnnParameters.Width)),
            Blocks = parameters.Integer(CnnParameters.Blocks),
            Outputs = task.Kind == TaskKind.Regression ? 1 : Math.Max(2, task.Classes.Length),
            Mean = mean,
            Deviation = deviation,
        };
    }

    private static byte[] Pixels(ImageBlock images, int[] rows)
    {
        var length = images.Size.Length;
        if ((long)rows.Length * length > Array.MaxLength)
            throw new LearningException($"{rows.Length} images of {length} bytes are more than a network can learn from at once; use fewer rows.");
        var pixels = new byte[rows.Length * length];
        for (var i = 0; i < rows.Length; i++)
            images.Rows[rows[i]]?.CopyTo(pixels.AsSpan(i * length));
        return pixels;
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

    /// <summary>What was exported must say what was trained: a graph that does not is a defect, and no model.</summary>
    private static void Compare(OnnxModel model, ImageBlock images, int[] rows, float[] expected)
    {
        var probes = rows[..(expected.Length / model.OutputWidth)];
        var scores = new float[expected.Length];
        model.Predict(new FeatureBatch(probes.Length, 0, default, images: images.Take(probes)), scores);
        for (var i = 0; i < scores.Length; i++)
            if (!(Math.Abs(scores[i] - expected[i]) <= Parity * Math.Max(1, Math.Abs(expected[i]))))
                throw new LearningException($"The exported network's score {scores[i]} differs from the trained one's {expected[i]}: it is not served.");
    }
}

/// <summary>Where a fit's checkpoint lies: the same job on the same data finds it again after a kill.</summary>
internal static class Checkpoints
{
    /// <summary>The environment variable that names the folder; empty: no checkpoints.</summary>
    public const string FolderVariable = "ALGOFACTORY_CHECKPOINTS";

    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    /// <summary>The file's path; null where none can be kept.</summary>
    public static string? PathOf(TrainingJob job, TrainingData data)
    {
        var folder = Environment.GetEnvironmentVariable(FolderVariable)
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "algofactory", "checkpoints");
        if (folder.Length == 0 || !Path.IsPathRooted(folder))
            return null;
        try
        {
            Directory.CreateDirectory(folder);
            foreach (var old in new DirectoryInfo(folder).EnumerateFiles("*.checkpoint*").Where(f => DateTime.UtcNow - f.LastWriteTimeUtc > Kept))
                old.Delete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(job));
        hash.AppendData(data.Images);
        hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(data.Labels.AsSpan()));
        hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(data.Weights.AsSpan()));
        hash.AppendData(data.ValidationImages);
        return Path.Combine(folder, Convert.ToHexStringLower(hash.GetHashAndReset()) + ".checkpoint");
    }
}
