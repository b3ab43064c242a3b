using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Torch.Networks;
using AlgoFactory.Torch.Protocol;

namespace AlgoFactory.Torch.Learners;

/// <summary>
/// A small transformer encoder that learns texts from nothing, tokens included, on libtorch in a process of its own; what it has
/// learned is an ONNX graph that ONNX Runtime answers. Its scores are compared with the trainer's before the model is handed out.
/// </summary>
public sealed class TransformerLearner : ILearner
{
    /// <inheritdoc/>
    public LearnerInfo Info { get; } = new(
        "transformer", "Transformer", TaskKinds.All, FeatureNeeds.Tokens, Reproducibility.SameThreads, UsesValidation: true, NeedsText: true, FillsTime: true,
        FromRows: 1000, FromSeconds: 45);

    /// <inheritdoc/>
    public string? Unavailable => NetworkFit.Unavailable;

    /// <inheritdoc/>
    public SearchSpace Space(DatasetProfile profile, TaskSpec task) =>
        TransformerParameters.Space(profile.RowCount, profile.Columns.Count(c => c.Kind == ColumnKind.Text && c.Name != task.Label));

    /// <inheritdoc/>
    public long FitBytes(FitShape shape, ParameterSet parameters) => NetworkFit.WorkerBytes + TextMemory(
        shape.Rows, parameters.Integer(TransformerParameters.Batch), parameters, parameters.Integer(TransformerParameters.Width), parameters.Integer(TransformerParameters.Blocks));

    /// <summary>What texts take in a worker, in bytes.</summary>
    internal static long TextMemory(long rows, int batch, ParameterSet parameters, long width, int blocks)
    {
        long tokens = parameters.Integer(TransformerParameters.Tokens);
        // What a step keeps of each token for its gradient, and of each pair of them; the vectors of tokens, five times.
        var perRow = blocks * tokens * (20 * width + 4 * parameters.Integer(TransformerParameters.Heads) * tokens) * sizeof(float);
        return rows * tokens * sizeof(int) + batch * perRow + (1 << 13) * width * 5 * sizeof(float);
    }

    /// <inheritdoc/>
    public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
    {
        if (Unavailable is { } reason)
            throw new LearningException(reason);
        if (data.Features.Tokens is not { } tokens)
            throw new LearningException("A transformer needs a column of texts.");
        var rows = NetworkFit.CountedRows(data);
        var network = Network(
            tokens, rows, parameters, parameters.Integer(TransformerParameters.Width), parameters.Integer(TransformerParameters.Blocks), NetworkFit.Outputs(data.Task));
        var (trained, target) = NetworkFit.Train(
            data, rows, network, TransformerParameters.Options(parameters, rows.Length), null,
            (features, chosen) => TokenBytes.Of(features.Tokens!, chosen, network.MaxTokens), context);
        var model = new OnnxTextModel(
            TextNetGraph.Write(network, trained.Weights, data.Task.Kind, target), network.Vocabulary, network.MaxTokens, data.Task.OutputWidth, trained.Result.Curve);
        NetworkFit.Compare(model, data.Features, rows, trained.ProbeScores);
        return new FitOutcome(model, NetworkFit.Refit(parameters, TransformerParameters.Epochs, trained.Result));
    }

    /// <summary>A network that suits texts.</summary>
    /// <param name="tokens">The texts.</param>
    /// <param name="rows">Those that are learned from.</param>
    /// <param name="parameters">Its heads and the most tokens of a row.</param>
    /// <param name="width">Length of a token's vector; rounded up to a multiple of the heads.</param>
    /// <param name="blocks">Blocks.</param>
    /// <param name="outputs">Raw scores; 0: a branch.</param>
    internal static TextNetSpec Network(TokenBlock tokens, int[] rows, ParameterSet parameters, int width, int blocks, int outputs)
    {
        var heads = parameters.Integer(TransformerParameters.Heads);
        return new TextNetSpec
        {
            Vocabulary = tokens.Vocabulary,
            MaxTokens = Math.Min(parameters.Integer(TransformerParameters.Tokens), rows.Max(r => tokens.Row(r).Length)),
            Width = (width + heads - 1) / heads * heads,
            Heads = heads,
            Blocks = blocks,
            Outputs = outputs,
        };
    }
}
