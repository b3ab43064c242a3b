using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Calibration;
using AlgoFactory.Learning.Exporting;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Onnx.Runtime;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Exporting;

/// <summary>Exported files score in ONNX Runtime what the models score here.</summary>
public sealed class OnnxExportTests
{
    private static readonly string[] Expressible = ["number", "gap", "tail", "flag", "colour", "city"];

    public static TheoryData<string, TaskKind> Cases()
    {
        var data = new TheoryData<string, TaskKind>();
        foreach (var id in (string[])["gbdt", "random-forest", "extra-trees", "linear"])
            foreach (var kind in (TaskKind[])[TaskKind.Binary, TaskKind.Multiclass, TaskKind.Regression])
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
    [InlineData("text", "gbdt", "text")]
    [InlineData("date", "linear", "date-parts")]
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
        Should.Throw<LearningException>(() => OnnxExport.Write(Predictor(table, [Member(table, "ffm")]), "1", Path.Combine(folder.Path, "m.onnx")))
            .Message.ShouldContain("'ffm'");
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

    private static EnsembleMember Member(SyntheticTable table, string id, ParameterSet? parameters = null)
    {
        var learner = BuiltIn.Catalog[id];
        var (pipeline, data) = table.TrainingSet(learner.Info.Needs);
        return new EnsembleMember(id, ParameterSet.Empty, pipeline, learner.Fit(data, parameters ?? ParameterSet.Empty, FitContext.Create(1)).Model, 1);
    }

    private static Predictor Predictor(SyntheticTable table, ImmutableArray<EnsembleMember> members) => new(table.Schema, table.Task, members, new PostProcessing());
}
