using System.Text.Json.Nodes;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Exporting;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Stacking;
using AlgoFactory.Learning.Tests.Artefacts;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Stacking;

public sealed class StackTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<TaskKind, string> Kinds => new()
    {
        { TaskKind.Binary, "gbdt" },
        { TaskKind.Multiclass, "gbdt" },
        { TaskKind.Regression, "gbdt" },
        { TaskKind.Binary, "linear" },
        { TaskKind.Multiclass, "linear" },
    };

    private static Frame Rows(Predictor predictor, int count = 40) => TinyModels.Bind(predictor.Schema, TinyModels.Texts(count, 91));

    /// <summary>The plain twin: every voice by itself, its margins, the second layer over them, the weighted mean.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void It_predicts_the_mean_of_its_second_layer_and_its_voices(TaskKind kind, string second)
    {
        var predictor = TinyStacks.Fit(kind, second).Predictor;
        var (member, rows, width) = (predictor.Members[0], Rows(predictor), predictor.Task.OutputWidth);
        var (layer, model) = (member.Pipeline.FirstLayer!, (StackedModel)member.Model);
        var voices = layer.Feeds.Select(f => TinyStacks.Scores(f, rows, width)).ToArray();
        var features = member.Pipeline.Transform(rows);
        var own = new float[rows.RowCount * width];
        model.Second.Predict(features, own);

        var scores = predictor.Predict(rows).Scores;
        for (var i = 0; i < scores.Length; i++)
        {
            for (var v = 0; v < voices.Length; v++)
                layer.Margins.Restore(features.Row(i / width)[v * width + i % width], v * width + i % width).ShouldBe(voices[v][i], 2e-6 * Math.Max(1, Math.Abs(voices[v][i])));
            var expected = TinyStacks.Shares[0] * own[i] + voices.Select((v, n) => TinyStacks.Shares[1 + n] * v[i]).Sum();
            ((double)scores[i]).ShouldBe(expected, 3e-6 * Math.Max(1, Math.Abs(expected)));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_row_alone_has_the_bits_it_has_among_others_and_from_a_file(TaskKind kind, string second)
    {
        var model = TinyStacks.Fit(kind, second);
        var (rows, width) = (Rows(model.Predictor), model.Predictor.Task.OutputWidth);
        var all = model.Predictor.Predict(rows).Scores.ToArray();
        model.Save(_folder["stack.afm"]);
        var loaded = ModelFile.Load(_folder["stack.afm"], BuiltIn.Readers).Predictor;

        loaded.Predict(rows).Scores.ToArray().ShouldBe(all);
        for (var row = 0; row < rows.RowCount; row++)
            loaded.Predict(rows.Take([row])).Scores.ToArray().ShouldBe(all[(row * width)..((row + 1) * width)]);
        loaded.Members[0].Pipeline.DenseFeatures.ShouldBe(model.Predictor.Members[0].Pipeline.DenseFeatures);
        // The forest and the first boosted trees share their features again.
        var feeds = loaded.Members[0].Pipeline.FirstLayer!.Feeds;
        ReferenceEquals(feeds[0].Models[0].Pipeline, feeds[1].Models[0].Pipeline).ShouldBeTrue();
        ReferenceEquals(feeds[0].Models[0].Pipeline, feeds[0].Models[1].Pipeline).ShouldBeFalse();
    }

    [Fact]
    public void A_prediction_of_one_row_allocates_no_more_than_its_parts()
    {
        var stack = TinyStacks.Fit(TaskKind.Binary).Predictor;
        var row = Rows(stack).Take([3]);
        stack.Predict(row);
        // Texts make sparse features, which are new objects a row in any model.
        var parts = stack.Members[0].Pipeline.FirstLayer!.Feeds.SelectMany(f => f.Models)
            .Select(m => new Predictor(stack.Schema, stack.Task, [new EnsembleMember("part", Spaces.ParameterSet.Empty, m.Pipeline, m.Model, 1)], stack.Post)).ToArray();
        foreach (var part in parts)
            part.Predict(row);
        var apart = parts.Sum(p => Allocation.Least(() => p.Predict(row)));

        Allocation.Least(() => stack.Predict(row)).ShouldBeLessThan(apart + 1024);
    }

    [Fact]
    public void Importance_is_that_of_the_data_columns()
    {
        foreach (var kind in new[] { TaskKind.Binary, TaskKind.Multiclass })
        {
            var predictor = TinyStacks.Fit(kind).Predictor;
            var importance = predictor.Importance();
            importance.Sum(c => c.Share).ShouldBe(1, 1e-9);
            importance.Select(c => c.Column).ShouldBeSubsetOf(predictor.InputColumns.Select(c => c.Name));
            importance.Single(c => c.Column == "age").Share.ShouldBeGreaterThan(0.05);
        }
    }

    [Fact]
    public void It_is_explained_by_its_predictions_and_named_on_its_card()
    {
        var model = TinyStacks.Fit(TaskKind.Binary);
        var rows = Rows(model.Predictor, 5);
        var explainer = new PredictorExplainer(model.Predictor, _ => rows);
        explainer.Method.ShouldBe(ExplanationMethod.Sampled);
        // What the columns add up to is the prediction.
        var explained = explainer.Explain(rows);
        var width = rows.Columns.Length + 1;
        for (var row = 0; row < rows.RowCount; row++)
            explained.Values[(row * width)..((row + 1) * width)].Sum().ShouldBe(explained.RawScores[row], 1e-6);

        ModelCardText.Write(ModelCard.Of(model)).ShouldContain("over trial 2 gbdt, a bag of 2; trial 4 random-forest; trial 5 linear");
        model.Predictor.TreeMembers().ShouldBeEmpty();
        Should.Throw<LearningException>(() => OnnxExport.Write(model.Predictor, "1", _folder["x.onnx"])).Message.ShouldContain("--stack off");
    }

    [Fact]
    public void Letting_go_of_a_member_reaches_its_first_layer()
    {
        var predictor = TinyStacks.Fit(TaskKind.Binary).Predictor;
        var layer = predictor.Members[0].Pipeline.FirstLayer!;
        var owner = new Owner(layer.Feeds[2].Models[0].Model);
        var pipeline = predictor.Members[0].Pipeline.Behind(new FirstLayer(layer.Feeds.SetItem(2, layer.Feeds[2] with { Models = [layer.Feeds[2].Models[0] with { Model = owner }] }), layer.Margins, []));

        (predictor.Members[0] with { Pipeline = pipeline }).Release();

        owner.IsDisposed.ShouldBeTrue();
    }

    public static TheoryData<string, Action<JsonNode>> Faults => new()
    {
        { "members/0/model/stacked.json", d => d["share"] = 0.9 },
        { "members/0/model/stacked.json", d => d["share"] = double.MaxValue },
        { "members/0/model/stacked.json", d => d["feedShares"]!.AsArray().RemoveAt(0) },
        { "members/0/model/stacked.json", d => d["second"] = "stacked/1" },
        { "members/0/model/stacked.json", d => d["second"] = "naive-bayes/1" },
        { "members/0/model/stacked.json", d => d["second"] = null },
        { "members/0/model/stacked.json", d => d["margins"] = null },
        { "members/0/model/stacked.json", d => d["margins"]!["scales"]![0] = 0 },
        { "members/0/model/stacked.json", d => d["margins"]!["width"] = 0 },
        { "members/0/model/stacked.json", d => d["margins"]!["task"] = "rating" },
        { Layer, d => d["feeds"] = new JsonArray() },
        { Layer, d => d["feeds"]![0]!["models"]![0]!["pipeline"] = 99 },
        { Layer, d => d["feeds"]![0]!["models"]![0]!["pipeline"] = -1 },
        { Layer, d => d["feeds"]![0]!["models"]![0]!["format"] = "stacked/1" },
        { Layer, d => d["feeds"]![0]!["models"]![0]!["format"] = "unknown/1" },
        { Layer, d => d["feeds"]![0]!["models"] = new JsonArray() },
        { Layer, d => d["feeds"]![0] = null },
        { Layer, d => d["feeds"]!.AsArray().RemoveAt(2) },
        { Layer, d => d["margins"]!["centers"] = new JsonArray() },
        { Layer, d => d["margins"]!["width"] = 1_000_000_000 },
    };

    private const string Layer = "members/0/pipeline/featurizers/0/first-layer.json";

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_file_whose_stack_does_not_fit_together_is_refused(string entry, Action<JsonNode> fault)
    {
        TinyStacks.Fit(TaskKind.Binary).Save(_folder["good.afm"]);
        new TamperedFile(_folder["good.afm"]).EditJson(entry, fault).Resign().Save(_folder["bad.afm"]);

        Should.Throw<ArtefactFormatException>(() => ModelFile.Load(_folder["bad.afm"], BuiltIn.Readers)).Message.ShouldNotBeEmpty();
    }

    private sealed class Owner(IModel model) : IModel, IDisposable
    {
        public bool IsDisposed { get; private set; }

        public string Format => model.Format;

        public int OutputWidth => model.OutputWidth;

        public void Predict(FeatureBatch rows, Span<float> scores) => model.Predict(rows, scores);

        public void Write(ArtefactSectionWriter to) => model.Write(to);

        public void Dispose() => IsDisposed = true;
    }
}
