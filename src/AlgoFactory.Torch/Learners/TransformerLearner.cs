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
    public long FitBytes(FitShape shape, ParameterSet parameters)
    {
        long width = parameters.Integer(TransformerParameters.Width), tokens = parameters.Integer(TransformerParameters.Tokens);
        // What a step keeps of each token for its gradient, and of each pair of them; the vectors of tokens, five times.
        var perRow = parameters.Integer(TransformerParameters.Blocks) * tokens * (20 * width + 4 * parameters.Integer(TransformerParameters.Heads) * tokens) * sizeof(float);
        return NetworkFit.WorkerBytes + shape.Rows * tokens * sizeof(int) + parameters.Integer(TransformerParameters.Batch) * perRow + (1 << 13) * width * 5 * sizeof(float);
    }

    /// <inheritdoc/>
    public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
    {
        if (Unavailable is { } reason)
            throw new LearningException(reason);
        if (data.Features.Tokens is not { } tokens)
            throw new LearningException("A transformer needs a column of texts.");
        var rows = NetworkFit.CountedRows(data);
        var heads = parameters.Integer(TransformerParameters.Heads);
        var longest = rows.Max(r => tokens.Row(r).Length);
        var network = new TextNetSpec
        {
            Vocabulary = tokens.Vocabulary,
            MaxTokens = Math.Min(parameters.Integer(TransformerParameters.Tokens), longest),
            Width = (parameters.Integer(TransformerParameters.Width) + heads - 1) / heads * heads,
            Heads = heads,
            Blocks = parameters.Integer(TransformerParameters.Blocks),
            Outputs = NetworkFit.Outputs(data.Task),
        };
        var (trained, target) = NetworkFit.Train(
            data, rows, network, TransformerParameters.Options(parameters, rows.Length), null,
            (features, chosen) => TokenBytes.Of(features.Tokens!, chosen, network.MaxTokens), context);
        var model = new OnnxTextModel(
            TextNetGraph.Write(network, trained.Weights, data.Task.Kind, target), network.Vocabulary, network.MaxTokens, data.Task.OutputWidth, trained.Result.Curve);
        NetworkFit.Compare(model, data.Features, rows, trained.ProbeScores);
        return new FitOutcome(model, NetworkFit.Refit(parameters, TransformerParameters.Epochs, trained.Result));
    }
}
