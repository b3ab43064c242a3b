using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Torch.Networks;
using AlgoFactory.Torch.Protocol;

namespace AlgoFactory.Torch.Learners;

/// <summary>
/// One network over a table's numbers, images and texts, trained end to end on libtorch in a process of its own (early fusion): it can
/// learn what a text means beside an image or a number. What it has learned is an ONNX graph that ONNX Runtime answers. Its scores are
/// compared with the trainer's before the model is handed out.
/// </summary>
public sealed class FusionLearner : ILearner
{
    /// <inheritdoc/>
    public LearnerInfo Info { get; } = new(
        "fusion", "Network of numbers, texts and images (early fusion)", TaskKinds.All, FeatureNeeds.Multimodal, Reproducibility.SameThreads, UsesValidation: true,
        FillsTime: true, FromRows: 500, FromSeconds: 45, NeedsSeveralKinds: true);

    /// <inheritdoc/>
    public string? Unavailable => NetworkFit.Unavailable;

    /// <inheritdoc/>
    public SearchSpace Space(DatasetProfile profile, TaskSpec task) => FusionParameters.Space();

    /// <inheritdoc/>
    public long FitBytes(FitShape shape, ParameterSet parameters)
    {
        var batch = parameters.Integer(FusionParameters.Batch);
        return NetworkFit.WorkerBytes + CnnLearner.PixelMemory(shape.Rows, batch, parameters.Integer(FusionParameters.ImageWidth))
            + TransformerLearner.TextMemory(shape.Rows, batch, parameters, parameters.Integer(FusionParameters.TextWidth), parameters.Integer(FusionParameters.TextBlocks))
            // Numbers here, in the pipe's bytes and in the worker.
            + 3L * shape.Rows * shape.Features * sizeof(float);
    }

    /// <inheritdoc/>
    public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
    {
        if (Unavailable is { } reason)
            throw new LearningException(reason);
        var features = data.Features;
        if ((features.DenseWidth > 0 ? 1 : 0) + (features.Images is null ? 0 : 1) + (features.Tokens is null ? 0 : 1) < 2)
            throw new LearningException("A network of several kinds of columns needs two of them at least: numbers or categories, texts, images.");
        var rows = NetworkFit.CountedRows(data);
        var network = Network(features, rows, parameters, NetworkFit.Outputs(data.Task));
        var augmentation = network.Images is { } images ? CnnParameters.Augmentation(parameters, images.Channels == 1) : null;
        var (trained, target) = NetworkFit.Train(
            data, rows, network, FusionParameters.Options(parameters, rows.Length), augmentation, (batch, chosen) => FusionBytes.Of(network, batch, chosen), context);
        var inputs = new FusionInputs(network.Numbers, network.Images?.Image, network.Texts?.Vocabulary ?? 0, network.Texts?.MaxTokens ?? 0);
        var model = new OnnxFusionModel(FusionNetGraph.Write(network, trained.Weights, data.Task.Kind, target), inputs, data.Task.OutputWidth, trained.Result.Curve);
        NetworkFit.Compare(model, features, rows, trained.ProbeScores);
        return new FitOutcome(model, NetworkFit.Refit(parameters, FusionParameters.Epochs, trained.Result));
    }

    private static FusionNetSpec Network(FeatureBatch features, int[] rows, ParameterSet parameters, int outputs) => new()
    {
        Numbers = features.DenseWidth,
        Images = features.Images is not { } images ? null : CnnLearner.Network(
            images, rows, parameters.Choice(CnnParameters.ImageSize), parameters.Integer(FusionParameters.ImageWidth), parameters.Integer(FusionParameters.ImageBlocks), outputs: 0),
        Texts = features.Tokens is not { } tokens ? null : TransformerLearner.Network(
            tokens, rows, parameters, parameters.Integer(FusionParameters.TextWidth), parameters.Integer(FusionParameters.TextBlocks), outputs: 0),
        Width = parameters.Integer(FusionParameters.Width),
        Outputs = outputs,
    };
}
