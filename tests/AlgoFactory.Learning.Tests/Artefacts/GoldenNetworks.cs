using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Features.Images;
using AlgoFactory.Learning.Features.Pretrained;
using AlgoFactory.Learning.Features.Tokenizers;
using AlgoFactory.Learning.Importing;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Learning.Tests.Features.Pretrained;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;
using AlgoFactory.TestKit.Models;

namespace AlgoFactory.Learning.Tests.Artefacts;

/// <summary>
/// A model of every format that holds a network: linear models on both pretrained networks, whose weights here repeat themselves, and
/// small graphs on pictures and on a grid of numbers.
/// </summary>
internal static class GoldenNetworks
{
    private const int Period = 211;

    private static readonly ImmutableArray<string> Pixels = ["p0", "p1", "p2", "p3"];

    private static readonly Schema Schema = new(
        [
            new("photo", ColumnKind.Image, ColumnRole.Feature, 1, "Chosen."),
            new("note", ColumnKind.Text, ColumnRole.Feature, 1, "Chosen."),
            .. Pixels.Select(p => new ColumnSpec(p, ColumnKind.Numeric, ColumnRole.Feature, 1, "Chosen.")),
            new("outcome", ColumnKind.Categorical, ColumnRole.Label, 1, "Chosen."),
        ],
        "outcome");

    public static ImmutableArray<ImmutableDictionary<string, string>> Rows(int count, int seed)
    {
        string[] words = ["a", "b", "cab", "a cab"];
        var random = new Sequence((ulong)seed);
        return
        [
            .. Enumerable.Range(0, count).Select(_ =>
            {
                var (shade, row) = (random.Next(1, 200), ImmutableDictionary.CreateBuilder<string, string>());
                row["photo"] = Convert.ToBase64String(PngFile.Encode(8, 8, 3, (x, y, c) => (byte)(shade + x * c * 3 + y * (shade % 5))));
                row["note"] = string.Join(' ', Enumerable.Range(0, 4).Select(_ => words[random.Next(0, words.Length)]));
                foreach (var pixel in Pixels)
                    row[pixel] = random.Next(0, 256).ToString(CultureInfo.InvariantCulture);
                return row.ToImmutable();
            }),
        ];
    }

    public static ModelFile Fit() => File(
        Schema, TinyModels.Task(TaskKind.Binary),
        Linear(ImageEmbeddingTests.Embedding("photo", ImageEmbeddingTests.Weights().Repeating(Period)), 0.25),
        Linear(SentenceEmbeddingTests.Embedding("note", SentenceEmbeddingTests.Weights().Repeating(Period)), 0.25),
        Network(new FittedImagePixels(["photo"]), 0.25),
        Network(new FittedGridPixels([.. Pixels], 255), 0.25));

    /// <summary>A linear model on what the network of whole numbers says of images.</summary>
    public static ModelFile FitPhotos()
    {
        var weights = ImageEmbeddingTests.Weights().Repeating(Period);
        var observed = MobileNetV2Int8.Observe(weights.Bytes, weights.Ranges);
        return File(Schema, TinyModels.Task(TaskKind.Binary), Linear(ImageEmbeddingTests.Embedding("photo", weights, observed), 1));
    }

    /// <summary>A network of texts: of a row's tokens, what share are of small number.</summary>
    public static ModelFile FitTexts()
    {
        var rows = Rows(12, 1);
        var tokenizer = BytePairTrainer.Learn(rows.Select(r => " " + r["note"]), 300, 2, default);
        var graph = new OnnxGraph("small", [OnnxTextModel.Tokens, OnnxTextModel.Positions, OnnxTextModel.Output]);
        graph.Input(OnnxTextModel.Tokens, ElementType.Int64, [1, OnnxGraph.Free]);
        graph.Input(OnnxTextModel.Positions, ElementType.Int64, [1, OnnxGraph.Free]);
        var both = graph.Add("Add", [graph.Cast(OnnxTextModel.Tokens, ElementType.Float), graph.Cast(OnnxTextModel.Positions, ElementType.Float)]);
        var mean = graph.Add("ReduceMean", [both, graph.Constant(OnnxTensor.Of<long>([1]))], OnnxAttribute.Of("keepdims", 1L));
        graph.Output(OnnxTextModel.Output, graph.Add("Mul", [mean, graph.Constant(OnnxTensor.Scalar(1 / 400f))]), ElementType.Float, 1);
        using var file = new MemoryStream();
        OnnxFile.Write(graph, "algofactory", "1", [], file);
        var pipeline = Pipeline(new FittedTokenSequences(["note"], tokenizer));
        var vocabulary = pipeline.Transform(TinyModels.Bind(Schema, rows)).Tokens!.Vocabulary;
        var model = new OnnxTextModel(file.ToArray(), vocabulary, FittedTokenSequences.MaxTokens, 1, [new TrainingEpoch(1, 0.5, 0.6, 0.01, 2)]);
        return File(Schema, TinyModels.Task(TaskKind.Binary), new EnsembleMember("transformer", ParameterSet.Empty, pipeline, model, 1));
    }

    /// <summary>A network of numbers, images and texts: the mean of each one's mean.</summary>
    public static ModelFile FitFusion()
    {
        var (task, rows) = (TinyModels.Task(TaskKind.Binary), Rows(12, 1));
        var labels = Enumerable.Range(0, rows.Length).Select(i => (float)(i % 2)).ToArray();
        var (pipeline, features) = FeaturePipeline.FitTransform(
            new FeaturizerInput(TinyModels.Bind(Schema, rows), task, labels, default), Schema, FeatureNeeds.Multimodal, FitContext.Create(7));
        var inputs = new FusionInputs(features.DenseWidth, features.Images!.Size, features.Tokens!.Vocabulary, FittedTokenSequences.MaxTokens);
        var graph = new OnnxGraph("small", [OnnxFusionModel.Numbers, OnnxModel.Input, OnnxTextModel.Tokens, OnnxTextModel.Positions, OnnxFusionModel.Output]);
        graph.Input(OnnxTextModel.Positions, ElementType.Int64, OnnxGraph.AnyWidth);
        var joined = graph.Concat(
        [
            Mean(graph.Input(OnnxFusionModel.Numbers, ElementType.Float, inputs.Numbers), 0.1f), Mean(graph.Input(OnnxModel.Input, ElementType.UInt8, inputs.Image!.Value.Length), 1 / 255f),
            Mean(graph.Input(OnnxTextModel.Tokens, ElementType.Int64, OnnxGraph.AnyWidth), 1 / 400f),
        ]);
        graph.Output(OnnxFusionModel.Output, Mean(joined, 1), ElementType.Float, 1);
        using var file = new MemoryStream();
        OnnxFile.Write(graph, "algofactory", "1", [], file);
        var model = new OnnxFusionModel(file.ToArray(), inputs, 1, [new TrainingEpoch(1, 0.5, 0.6, 0.01, 2)]);
        return File(Schema, task, new EnsembleMember("fusion", ParameterSet.Empty, pipeline, model, 1));

        string Mean(string value, float factor)
        {
            var mean = graph.Add("ReduceMean", [graph.Cast(value, ElementType.Float), graph.Constant(OnnxTensor.Of<long>([1]))], OnnxAttribute.Of("keepdims", 1L));
            return graph.Add("Mul", [mean, graph.Constant(OnnxTensor.Scalar(factor))]);
        }
    }

    /// <summary>A user's own graph of two numbers.</summary>
    public static ModelFile Own()
    {
        var imported = OnnxImport.Read(OnnxFiles.Linear([1, 10], 0.5f), new OnnxImportOptions { Columns = ["p0", "p1"] });
        return File(imported.Predictor.Schema, imported.Predictor.Task, imported.Predictor.Members[0]);
    }

    private static EnsembleMember Linear(IFittedFeaturizer featurizer, double weight)
    {
        var (pipeline, rows) = (Pipeline(featurizer), Rows(12, 1));
        var labels = Enumerable.Range(0, rows.Length).Select(i => (float)(i % 2)).ToArray();
        var fit = BuiltIn.Catalog["linear"].Fit(
            new TrainingSet
            {
                Task = TinyModels.Task(TaskKind.Binary),
                FeatureInfos = pipeline.DenseFeatures,
                Features = pipeline.Transform(TinyModels.Bind(Schema, rows)),
                Labels = labels,
            },
            ParameterSet.Empty, FitContext.Create(7));
        return new EnsembleMember("linear", fit.RefitParameters, pipeline, fit.Model, weight);
    }

    private static EnsembleMember Network(IFittedFeaturizer featurizer, double weight)
    {
        var pipeline = Pipeline(featurizer);
        var size = pipeline.Transform(TinyModels.Bind(Schema, Rows(1, 1))).Images!.Size;
        return new EnsembleMember("cnn", ParameterSet.Empty, pipeline, new OnnxModel(Graph(size), size, 1, [new TrainingEpoch(1, 0.5, 0.6, 0.01, 2)]), weight);
    }

    private static ModelFile File(Schema schema, TaskSpec task, params ReadOnlySpan<EnsembleMember> members)
    {
        var profile = new DatasetProfile(12, [.. schema.Columns.Select(c => new ColumnProfile(c.Name, c.Kind, 12, 0, 10))]);
        return new ModelFile(
            new Predictor(schema, task, [.. members], new PostProcessing()), TinyModels.Fit().Lineage, ImmutableSortedDictionary<string, double>.Empty, profile, [], []);
    }

    private static FeaturePipeline Pipeline(IFittedFeaturizer featurizer)
    {
        var writer = new ArtefactSectionWriter();
        writer.WriteJson("pipeline", (JsonNode)new JsonObject { ["featurizers"] = new JsonArray(featurizer.Format) });
        featurizer.Write(writer.Section("featurizers/0"));
        return FeaturePipeline.Read(ArtefactSection.Of(writer), BuiltIn.Readers);
    }

    /// <summary>The mean of an image's bytes, from 0 to 1.</summary>
    private static byte[] Graph(ImageSize size)
    {
        var graph = new OnnxGraph("mean", [OnnxModel.Input, OnnxModel.Output]);
        graph.Input(OnnxModel.Input, ElementType.UInt8, size.Length);
        var mean = graph.Add("ReduceMean", [graph.Cast(OnnxModel.Input, ElementType.Float), graph.Constant(OnnxTensor.Of<long>([1]))], OnnxAttribute.Of("keepdims", 1L));
        graph.Output(OnnxModel.Output, graph.Add("Mul", [mean, graph.Constant(OnnxTensor.Scalar(1 / 255f))]), ElementType.Float, 1);
        using var file = new MemoryStream();
        OnnxFile.Write(graph, "algofactory", "1", [], file);
        return file.ToArray();
    }
}
