using System.Globalization;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Features.Images;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Torch.Networks;
using AlgoFactory.Torch.Protocol;

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
        NetworkFit.WorkerBytes + PixelMemory(shape.Rows, parameters.Integer(CnnParameters.Batch), parameters.Integer(CnnParameters.Width));

    private const long ImageBytes = 64 * 64 * 3;

    /// <summary>What images take in a worker and on their way there, in bytes.</summary>
    internal static long PixelMemory(long rows, long batch, int width) => 3 * rows * ImageBytes + batch * width * 64 * 64 * 8;

    /// <inheritdoc/>
    public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
    {
        if (Unavailable is { } reason)
            throw new LearningException(reason);
        if (data.Features.Images is not { } images)
            throw new LearningException("A network of images needs a column of images, or a table whose columns are the pixels of a square image.");
        var rows = NetworkFit.CountedRows(data);
        var network = Network(
            images, rows, parameters.Choice(CnnParameters.ImageSize), parameters.Integer(CnnParameters.Width), parameters.Integer(CnnParameters.Blocks), NetworkFit.Outputs(data.Task));
        var (trained, target) = NetworkFit.Train(
            data, rows, network, CnnParameters.Options(parameters, rows.Length), CnnParameters.Augmentation(parameters, network.Channels == 1),
            (features, chosen) => PixelBytes.Of(features.Images!, chosen), context);
        var model = new OnnxModel(ConvNetGraph.Write(network, trained.Weights, data.Task.Kind, target), images.Size, data.Task.OutputWidth, trained.Result.Curve);
        NetworkFit.Compare(model, data.Features, rows, trained.ProbeScores);
        return new FitOutcome(model, NetworkFit.Refit(parameters, CnnParameters.Epochs, trained.Result));
    }

    /// <summary>A network that suits images.</summary>
    /// <param name="images">The images.</param>
    /// <param name="rows">Those that are learned from.</param>
    /// <param name="imageSize">The side that they are shrunk to, or <c>auto</c>.</param>
    /// <param name="width">Channels of the first stage.</param>
    /// <param name="blocks">Residual blocks a stage.</param>
    /// <param name="outputs">Raw scores; 0: a branch.</param>
    internal static ConvNetSpec Network(ImageBlock images, int[] rows, string imageSize, int width, int blocks, int outputs)
    {
        var size = images.Size;
        var grey = PixelStatistics.IsGrey(images, rows);
        var side = Math.Min(size.Height, size.Width);
        var wanted = imageSize switch
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
            Widths = CnnParameters.Widths(side / shrink, width),
            Blocks = blocks,
            Outputs = outputs,
            Mean = mean,
            Deviation = deviation,
        };
    }
}
