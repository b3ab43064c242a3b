using System.Globalization;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Features.Images;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Torch.Networks;

namespace AlgoFactory.Torch.Learners;

/// <summary>
/// A small residual network that learns images from nothing, on libtorch in a process of its own; what it has learned is an
/// ONNX graph that ONNX Runtime answers. Its scores are compared with the trainer's before the model is handed out.
/// </summary>
public sealed class CnnLearner : ILearner
{
    /// <inheritdoc/>
    public LearnerInfo Info { get; } = new(
        "cnn", "Convolutional network (ResNet)", TaskKinds.All, FeatureNeeds.Pixels, Reproducibility.SameThreads, UsesValidation: true, NeedsImages: true, FillsTime: true);

    /// <inheritdoc/>
    public string? Unavailable => NetworkFit.Unavailable;

    /// <inheritdoc/>
    public SearchSpace Space(DatasetProfile profile, TaskSpec task) => CnnParameters.Space(profile.RowCount, PixelGrid.SideOf(profile, task.Label) is not null);

    /// <inheritdoc/>
    public long FitBytes(FitShape shape, ParameterSet parameters) =>
        NetworkFit.WorkerBytes + 3 * shape.Rows * ImageBytes + (long)parameters.Integer(CnnParameters.Batch) * parameters.Integer(CnnParameters.Width) * 64 * 64 * 8;

    private const long ImageBytes = 64 * 64 * 3;

    /// <inheritdoc/>
    public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
    {
        if (Unavailable is { } reason)
            throw new LearningException(reason);
        if (data.Features.Images is not { } images)
            throw new LearningException("A network of images needs a column of images, or a table whose columns are the pixels of a square image.");
        var rows = NetworkFit.CountedRows(data);
        var network = Network(data.Task, images, rows, parameters);
        var (trained, target) = NetworkFit.Train(
            data, rows, network, CnnParameters.Options(parameters, rows.Length), CnnParameters.Augmentation(parameters, network.Channels == 1), Pixels, context);
        var model = new OnnxModel(ConvNetGraph.Write(network, trained.Weights, data.Task.Kind, target), images.Size, data.Task.OutputWidth, trained.Result.Curve);
        NetworkFit.Compare(model, data.Features, rows, trained.ProbeScores);
        return new FitOutcome(model, NetworkFit.Refit(parameters, CnnParameters.Epochs, trained.Result));
    }

    private static ConvNetSpec Network(TaskSpec task, ImageBlock images, int[] rows, ParameterSet parameters)
    {
        var size = images.Size;
        var grey = PixelStatistics.IsGrey(images, rows);
        var side = Math.Min(size.Height, size.Width);
        var wanted = parameters.Choice(CnnParameters.ImageSize) switch
        {
            "auto" => size.Channels == 1 ? side : 32,
            var text => int.Parse(text, CultureInfo.InvariantCulture),
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
            Outputs = NetworkFit.Outputs(task),
            Mean = mean,
            Deviation = deviation,
        };
    }

    private static byte[] Pixels(FeatureBatch features, int[] rows)
    {
        var images = features.Images!;
        var length = images.Size.Length;
        if ((long)rows.Length * length > Array.MaxLength)
            throw new LearningException($"{rows.Length} images of {length} bytes are more than a network can learn from at once; use fewer rows.");
        var pixels = new byte[rows.Length * length];
        for (var i = 0; i < rows.Length; i++)
            images.Rows[rows[i]]?.CopyTo(pixels.AsSpan(i * length));
        return pixels;
    }
}
