using System.Buffers;
using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Exporting;
using AlgoFactory.Learning.Features;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Learners.FactorizationMachines;

/// <summary>A fitted factorization machine, field-aware or not.</summary>
internal sealed class FactorizationModel(
    bool fieldAware, FieldEncoder encoder, int factors, FactorizationWeights weights, ScoreLink link, float[] importance) : IModel, IFeatureImportance, IOnnxModel
{
    /// <summary>The format of plain ones.</summary>
    public const string FmFormat = "fm/1";

    /// <summary>The format of field-aware ones.</summary>
    public const string FfmFormat = "ffm/1";

    /// <summary>Encoding room, one for each thread that predicts: a row takes no memory of its own.</summary>
    [ThreadStatic]
    private static FieldRowBuffer? _buffer;

    /// <inheritdoc/>
    public string Format => fieldAware ? FfmFormat : FmFormat;

    /// <inheritdoc/>
    public int OutputWidth => 1;

    /// <inheritdoc/>
    public ImmutableArray<double> Importance => [.. importance.Select(i => (double)i)];

    /// <summary>The weights.</summary>
    public FactorizationWeights Weights => weights;

    /// <summary>How rows are read.</summary>
    public FieldEncoder Encoder => encoder;

    /// <inheritdoc/>
    public void Predict(FeatureBatch rows, Span<float> scores)
    {
        encoder.Check(rows);
        var buffer = _buffer ??= new FieldRowBuffer();
        var scratch = ArrayPool<float>.Shared.Rent(weights.Pairs.ScratchLength);
        for (var row = 0; row < rows.RowCount; row++)
        {
            encoder.Encode(rows, row, buffer);
            scores[row] = link.Apply(weights.Score(buffer.Row, scratch));
        }

        ArrayPool<float>.Shared.Return(scratch);
    }

    /// <inheritdoc/>
    public string AddTo(OnnxGraph graph, string features) => link.AddTo(graph, FactorizationGraph.AddTo(encoder, weights, graph, features));

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("factorization", new Document(factors, weights.Bias, link));
        FieldEncoderFormat.Write(encoder, to.Section("encoder"));
        to.WriteArray<float>("linear", weights.Linear);
        to.WriteArray<float>("factors", weights.Factors);
        to.WriteArray<float>("importance", importance);
    }

    public static FactorizationModel ReadFm(ArtefactSection from) => Read(false, from);

    public static FactorizationModel ReadFfm(ArtefactSection from) => Read(true, from);

    private static FactorizationModel Read(bool fieldAware, ArtefactSection from)
    {
        var card = from.ReadJson<Document>("factorization");
        var link = card.Link;
        if (card.Factors is < 1 or > FactorizationParameters.MaxFactors || !float.IsFinite(card.Bias) ||
            !double.IsFinite(link.Mean) || !double.IsFinite(link.Deviation) || !float.IsFinite(link.Lowest) || !(link.Lowest <= link.Highest) || !float.IsFinite(link.Highest))
            throw new ArtefactFormatException("The factorization machine in the model file has a size or limit out of range.");
        var encoder = FieldEncoderFormat.Read(from.Section("encoder"));
        var pairs = FactorizationLearner.PairTerm(fieldAware, encoder.Fields, card.Factors);
        var length = (long)encoder.Slots * pairs.Stride;
        if (length > int.MaxValue)
            throw new ArtefactFormatException("The factorization machine in the model file has more factors than memory can hold.");
        var weights = new FactorizationWeights(
            pairs, Finite(from.ReadArray<float>("linear", encoder.Slots)), Finite(from.ReadArray<float>("factors", (int)length)), card.Bias);
        var importance = Finite(from.ReadArray<float>("importance", encoder.Columns.Length + encoder.SparseWidth));
        if (importance.Any(i => i < 0))
            throw new ArtefactFormatException("The factorization machine in the model file has an importance below 0.");
        return new FactorizationModel(fieldAware, encoder, card.Factors, weights, link, importance);
    }

    private static float[] Finite(float[] values) => Array.TrueForAll(values, float.IsFinite)
        ? values
        : throw new ArtefactFormatException("The factorization machine in the model file has a weight that is no finite number.");

    private sealed record Document(int Factors, float Bias, ScoreLink Link);
}
