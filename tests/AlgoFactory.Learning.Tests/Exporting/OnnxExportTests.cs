using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Calibration;
using AlgoFactory.Learning.Exporting;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;
using AlgoFactory.Onnx.Runtime;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Exporting;

/// <summary>Exported files score in ONNX Runtime what the models score here.</summary>
public sealed class OnnxExportTests
{
    private static readonly string[] Expressible = ["number", "gap", "tail", "flag", "colour", "city", "date"];

    public static TheoryData<string, TaskKind> Cases()
    {
        var data = new TheoryData<string, TaskKind>();
        foreach (var id in (string[])["gbdt", "random-forest", "extra-trees", "linear", "fm", "ffm", "mlp", "naive-bayes"])
            foreach (var kind in SyntheticTable.Kinds)
                if (BuiltIn.Catalog[id].Info.Tasks.HasFlag(new TaskSpec(kind, "label", []).Flag))
                    data.Add(id, kind);
        return data;
    }

    [Theory, MemberData(nameof(Cases))]
    public void A_file_scores_as_its_model(string id, TaskKind kind)
    {
        var table = Table(kind, Expressible);
        Difference(Predictor(table, [Member(table, id)]), Odd(table)).ShouldBeLessThan(OnnxCheck.Tolerance);
    }

    [Fact]
    public void An_ensemble_is_the_weighted_sum_of_its_members()
    {
        var table = Table(TaskKind.Binary, Expressible);
        var predictor = Predictor(table, [Member(table, "gbdt") with { Weight = 0.7 }, Member(table, "linear") with { Weight = 0.2 }, Member(table, "baseline") with { Weight = 0.1 }]);
        Difference(predictor, Odd(table)).ShouldBeLessThan(OnnxCheck.Tolerance);
    }

    [Theory]
    [InlineData(TaskKind.Binary, ScoreCalibration.Platt)]
    [InlineData(TaskKind.Binary, ScoreCalibration.Isotonic)]
    [InlineData(TaskKind.Multiclass, ScoreCalibration.Isotonic)]
    [InlineData(TaskKind.Multiclass, ScoreCalibration.Temperature)]
    public void Calibration_goes_with_the_model(TaskKind kind, string method)
    {
        var table = Table(kind, Expressible);
        var predictor = Predictor(table, [Member(table, "gbdt")]);
        var map = method == ScoreCalibration.Platt ? new MarginMap([0], [0.4], 0.7) : new MarginMap([-2, -0.5, 0.1, 1.5], [-1.2, -0.9, 0.6, 2], 1);
        var calibration = method == ScoreCalibration.Temperature
            ? new ScoreCalibration(method, [], 0.6)
            : new ScoreCalibration(method, [.. Enumerable.Repeat(map, predictor.Task.OutputWidth)]);
        var calibrated = new Predictor(predictor.Schema, predictor.Task, predictor.Members, new PostProcessing { Calibration = calibration });
        Difference(calibrated, Odd(table)).ShouldBeLessThan(OnnxCheck.Tolerance);
        calibrated.Predict(table.Frame).Scores.SequenceEqual(predictor.Predict(table.Frame).Scores).ShouldBeFalse();
    }

    [Fact]
    public void Trees_of_one_leaf_among_others_score_what_they_hold()
    {
        var table = Table(TaskKind.Multiclass, Expressible);
        var member = Member(table, "gbdt", ParameterSet.Empty.With("rounds", 120).With("learning_rate", 0.3).With("min_gain_to_split", 3));
        var leaves = ((GbdtModel)member.Model).Ensemble.Trees.Select(t => t.LeafCount).ToArray();
        leaves.ShouldContain(1);
        leaves.Max().ShouldBeGreaterThan(2);
        Difference(Predictor(table, [member]), Odd(table)).ShouldBeLessThan(OnnxCheck.Tolerance);
    }

    /// <summary>Combinations of categories with each other and with binned numbers.</summary>
    [Fact]
    public void Statistics_of_many_categories_are_looked_up()
    {
        var random = new Random(3);
        ImmutableArray<string> levels = [.. Enumerable.Range(0, 90).Select(i => $"l{i}")];
        var (a, b, x) = (new int[3000], new int[3000], new double[3000]);
        var labels = new float[3000];
        for (var row = 0; row < 3000; row++)
        {
            (a[row], b[row], x[row]) = (random.Next(-1, 90), random.Next(90), random.NextDouble());
            labels[row] = (a[row] + b[row]) % 7 < 3 == x[row] > 0.5 ? 1 : 0;
        }

        var frame = new Frame(3000, [new CategoryColumn("a", a, levels), new CategoryColumn("b", b, levels), new NumericColumn("x", x)]);
        ColumnSpec Category(string name) => new(name, ColumnKind.Categorical, ColumnRole.Feature, 1, "made up") { Levels = levels };
        var schema = new Schema([Category("a"), Category("b"), new ColumnSpec("x", ColumnKind.Numeric, ColumnRole.Feature, 1, "made up")], null);
        var table = new SyntheticTable(frame, schema, new TaskSpec(TaskKind.Binary, "label", ["no", "yes"]), labels);
        var member = Member(table, "gbdt");
        Difference(Predictor(table, [member]), frame).ShouldBeLessThan(OnnxCheck.Tolerance);
    }

    [Theory]
    [InlineData("fm", "numeric", "values")]
    [InlineData("ffm", "numeric", "values")]
    [InlineData("fm", "normalize", 0)]
    [InlineData("ffm", "normalize", 0)]
    [InlineData("mlp", "numeric", "quantile")]
    [InlineData("mlp", "numeric", "standard")]
    public void Other_ways_of_reading_numbers_go_with_the_model(string id, string name, object value)
    {
        var table = Table(TaskKind.Binary, Expressible);
        var parameters = value is int number ? ParameterSet.Empty.With(name, number) : ParameterSet.Empty.With(name, (string)value);
        Difference(Predictor(table, [Member(table, id, parameters)]), Odd(table)).ShouldBeLessThan(OnnxCheck.Tolerance);
    }

    /// <summary>A network of images over a table whose columns are pixels, one of which says nothing.</summary>
    [Fact]
    public void A_network_of_pixels_begins_at_their_columns()
    {
        var random = new Random(5);
        var (frame, schema) = Pixels(40, random);
        var table = new SyntheticTable(frame, schema, new TaskSpec(TaskKind.Multiclass, "label", ["a", "b", "c"]), [.. Enumerable.Range(0, 40).Select(i => (float)(i % 3))]);
        var (pipeline, _) = FeaturePipeline.FitTransform(table.Input, schema, FeatureNeeds.Pixels, FitContext.Create(1));
        var graph = new OnnxGraph("g", [OnnxModel.Input, OnnxModel.Output]);
        var x = graph.Cast(graph.Input(OnnxModel.Input, ElementType.UInt8, 64), ElementType.Float);
        var image = graph.Add("Reshape", [graph.Add("Mul", [x, graph.Constant(OnnxTensor.Of<float>([1f / 255]))]), graph.Constant(OnnxTensor.Of<long>([0, 1, 8, 8]))]);
        float[] kernels = [.. Enumerable.Range(0, 3 * 9).Select(_ => random.NextSingle() - 0.5f)];
        var maps = graph.Add("Conv", [image, graph.Constant(OnnxTensor.Of<float>(kernels, 3, 1, 3, 3))], OnnxAttribute.Of("pads", [1L, 1, 1, 1]));
        var pooled = graph.Add("Reshape", [graph.Add("GlobalAveragePool", [graph.Add("Relu", [maps])]), graph.Constant(OnnxTensor.Of<long>([0, 3]))]);
        graph.Output(OnnxModel.Output, graph.Add("Softmax", [pooled], OnnxAttribute.Of("axis", 1L)), ElementType.Float, 3);
        var file = new MemoryStream();
        OnnxFile.Write(graph, "test", "1", [], file);
        var member = new EnsembleMember("cnn", ParameterSet.Empty, pipeline, new OnnxModel(file.ToArray(), new ImageSize(8, 8, 1), 3, []), 1);
        Difference(Predictor(table, [member]), Odd(table)).ShouldBeLessThan(OnnxCheck.Tolerance);
    }

    [Theory]
    [InlineData("text", "gbdt", "text")]
    [InlineData("text", "linear", "text")]
    public void A_featurizer_without_a_form_in_onnx_is_refused_by_name(string column, string id, string named)
    {
        var table = Table(TaskKind.Binary, [.. Expressible, column]);
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "m.onnx");
        var error = Should.Throw<LearningException>(() => OnnxExport.Write(Predictor(table, [Member(table, id)]), "1", path));
        error.Message.ShouldContain(named);
        error.Message.ShouldContain($"'{column}'");
        Directory.GetFileSystemEntries(folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public void A_learner_without_a_form_in_onnx_is_refused_by_name()
    {
        var table = Table(TaskKind.Binary, Expressible);
        using var folder = new TempFolder();
        Should.Throw<LearningException>(() => OnnxExport.Write(Predictor(table, [Member(table, "k-nearest-neighbors")]), "1", Path.Combine(folder.Path, "m.onnx")))
            .Message.ShouldContain("'k-nearest-neighbors'");
    }

    [Fact]
    public void Columns_named_as_values_of_the_graph_are_no_trouble()
    {
        var table = Table(TaskKind.Binary, ["number", "gap"]);
        var names = new Dictionary<string, string> { ["number"] = "v0", ["gap"] = "scores" };
        var frame = new Frame(table.Frame.RowCount, [.. names.Select(n => new NumericColumn(n.Value, FeaturizerGuard.Numbers(table.Frame, n.Key).ToArray()))]);
        var renamed = new SyntheticTable(
            frame, new Schema([.. table.Schema.Features.Select(c => c with { Name = names[c.Name] })], null), table.Task, table.Labels);
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "m.onnx");
        Should.Throw<LearningException>(() => OnnxExport.Write(Predictor(renamed, [Member(renamed, "gbdt")]), "1", path)).Message.ShouldContain("'scores'");

        names["gap"] = "gap";
        frame = new Frame(table.Frame.RowCount, [.. names.Select(n => new NumericColumn(n.Value, FeaturizerGuard.Numbers(table.Frame, n.Key).ToArray()))]);
        renamed = new SyntheticTable(frame, new Schema([.. table.Schema.Features.Select(c => c with { Name = names[c.Name] })], null), table.Task, table.Labels);
        Difference(Predictor(renamed, [Member(renamed, "gbdt")]), frame).ShouldBeLessThan(OnnxCheck.Tolerance);
    }

    [Fact]
    public void What_is_no_model_is_refused_with_a_sentence() =>
        Should.Throw<OnnxRuntimeException>(() => new OnnxSession("no model"u8)).Message.ShouldStartWith("ONNX Runtime: ");

    [Fact]
    public void A_library_that_was_cut_off_is_a_sentence_and_no_crash()
    {
        using var folder = new TempFolder();
        var half = folder.Write("libonnxruntime.so.1", "half");
        Should.Throw<OnnxRuntimeException>(() => OnnxRuntimeLibrary.Load(half)).Message.ShouldContain("install onnxruntime");
    }

    /// <summary>A wrong file must be noticed: the check compares two models that differ.</summary>
    [Fact]
    public void The_check_tells_models_apart()
    {
        var table = Table(TaskKind.Binary, Expressible);
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "m.onnx");
        var inputs = OnnxExport.Write(Predictor(table, [Member(table, "linear")]), "1", path);
        using var check = new OnnxCheck(Predictor(table, [Member(table, "gbdt")]), inputs, path);
        check.Difference(table.Frame).ShouldBeGreaterThan(0.01);
    }

    private static double Difference(Predictor predictor, Frame rows)
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "m.onnx");
        var inputs = OnnxExport.Write(predictor, "1", path);
        using var check = new OnnxCheck(predictor, inputs, path);
        return check.Difference(rows);
    }

    private static SyntheticTable Table(TaskKind kind, string[] columns)
    {
        var table = SyntheticTable.Create(kind, 800);
        return table with { Schema = new Schema([.. table.Schema.Columns.Where(c => columns.Contains(c.Name) || c.Name == "label")], "label") };
    }

    /// <summary>The table's rows, and rows with levels that training did not see and numbers far away.</summary>
    private static Frame Odd(SyntheticTable table)
    {
        var n = table.Frame.RowCount;
        return new Frame(n, [.. table.Frame.Columns.Select(Change)]);

        Column Change(Column column) => column switch
        {
            NumericColumn => new NumericColumn(column.Name, [.. FeaturizerGuard.Numbers(table.Frame, column.Name).ToArray().Select((v, i) => i switch { 1 => 1e30, 2 => -1e30, 3 => double.NaN, 4 => 0, _ => v })]),
            CategoryColumn c => new CategoryColumn(column.Name, [.. c.Codes.ToArray().Select((v, i) => i switch { 5 => CategoryColumn.Missing, 6 => CategoryColumn.Unknown, _ => v })], c.Levels),
            _ => column,
        };
    }

    private static (Frame Rows, Schema Schema) Pixels(int rows, Random random)
    {
        var names = Enumerable.Range(0, 64).Select(i => $"p{i}").ToArray();
        var frame = new Frame(rows, [.. names.Select((n, i) => new NumericColumn(n, [.. Enumerable.Range(0, rows).Select(_ => i == 7 ? 0.0 : random.Next(256))]))]);
        return (frame, new Schema(
            [.. names.Select((n, i) => new ColumnSpec(n, i == 7 ? ColumnKind.Constant : ColumnKind.Numeric, i == 7 ? ColumnRole.Ignore : ColumnRole.Feature, 1, "made up"))], null));
    }

    private static EnsembleMember Member(SyntheticTable table, string id, ParameterSet? parameters = null)
    {
        var learner = BuiltIn.Catalog[id];
        // How well it learns is nothing to these tests.
        if (id == "mlp")
            parameters = (parameters ?? ParameterSet.Empty).With("epochs", 2);
        var (pipeline, data) = table.TrainingSet(learner.Info.Needs);
        return new EnsembleMember(id, ParameterSet.Empty, pipeline, learner.Fit(data, parameters ?? ParameterSet.Empty, FitContext.Create(1)).Model, 1);
    }

    private static Predictor Predictor(SyntheticTable table, ImmutableArray<EnsembleMember> members) => new(table.Schema, table.Task, members, new PostProcessing());
}
