using System.Collections.Immutable;
using System.Text;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Importing;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Importing;

/// <summary>Users' ONNX files: their inputs become columns, their outputs scores; what cannot be served is refused by name.</summary>
public sealed class OnnxImportTests
{
    private static readonly OnnxImportOptions None = new();

    [Fact]
    public void Rows_times_k_become_k_columns()
    {
        var imported = OnnxImport.Read(OnnxFiles.Linear([1, 10, 100], 0.5f), None);
        imported.Predictor.Task.Kind.ShouldBe(TaskKind.Regression);
        imported.Predictor.InputColumns.Select(c => c.Name).ShouldBe(["x_0", "x_1", "x_2"]);
        Scores(imported, Numbers("x_0", 1, 4), Numbers("x_1", 2, 5), Numbers("x_2", 3, 6)).ShouldBe([321.5f, 654.5f]);
        OnnxImport.Read(OnnxFiles.Linear([1, 10, 100], 0.5f), None with { Columns = ["a", "b", "c"] }).Predictor.InputColumns.Select(c => c.Name).ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public void A_free_width_is_set_by_the_columns_that_are_named()
    {
        var file = OnnxFiles.Of(g => g.Add("ReduceSum", [g.Input("x", ElementType.Double, OnnxGraph.AnyWidth), g.Constant(OnnxTensor.Of<long>([1]))], OnnxAttribute.Of("keepdims", 1L)), 1, ElementType.Double);
        Refused(file, "--columns");
        var imported = OnnxImport.Read(file, None with { Columns = ["a", "b"] });
        // In double precision: float has no 2^24 + 1.
        Scores(imported, Numbers("a", 1 << 24), Numbers("b", 1)).ShouldBe([(1 << 24) + 1f]);
    }

    [Fact]
    public void A_missing_number_is_the_graphs_matter_where_it_gives_one()
    {
        var plain = OnnxImport.Read(OnnxFiles.Linear([1, 1], 0), None);
        plain.Notes.Single().ShouldContain("taken as 0");
        Scores(plain, Numbers("x_0", double.NaN), Numbers("x_1", 3)).ShouldBe([3f]);
        var knowing = OnnxImport.Read(
            OnnxFiles.Of(g =>
            {
                var x = g.Input("x", ElementType.Float, 1);
                return g.Add("Where", [g.Add("IsNaN", [x]), g.Constant(OnnxTensor.Of<float>([7], 1, 1)), x]);
            }, 1), None);
        knowing.Notes.ShouldBeEmpty();
        Scores(knowing, Numbers("x", double.NaN, 2)).ShouldBe([7f, 2f]);
    }

    [Fact]
    public void Classes_are_the_users_or_the_files()
    {
        var named = OnnxImport.Read(OnnxFiles.Classifier(logits: false), None with { Labels = ["a", "b", "c"] });
        named.Scores.ShouldBe(OnnxScores.Probability);
        named.Predictor.Task.Classes.ShouldBe(["a", "b", "c"]);
        var own = OnnxImport.Read(OnnxFiles.Classifier(logits: false, KeyValuePair.Create("classes", "[\"u\",\"v\",\"w\"]")), None);
        own.Predictor.Task.Classes.ShouldBe(["u", "v", "w"]);
        Refused(OnnxFiles.Classifier(logits: false), "--labels");
        Refused(OnnxFiles.Classifier(logits: false), "4 classes", None with { Labels = ["a", "b", "c", "d"] });
    }

    [Fact]
    public void Logits_are_taken_for_probabilities_by_nobody()
    {
        Refused(OnnxFiles.Classifier(logits: true), "--scores logit", None with { Labels = ["a", "b", "c"] });
        var logits = OnnxImport.Read(OnnxFiles.Classifier(logits: true), None with { Labels = ["a", "b", "c"], Scores = "logit" });
        var softmax = OnnxImport.Read(OnnxFiles.Classifier(logits: false), None with { Labels = ["a", "b", "c"] });
        var (expected, scores) = (Scores(softmax, Numbers("x_0", 0.3), Numbers("x_1", -1)), Scores(logits, Numbers("x_0", 0.3), Numbers("x_1", -1)));
        for (var i = 0; i < 3; i++)
            scores[i].ShouldBe(expected[i], 1e-6);
        var one = OnnxImport.Read(OnnxFiles.Linear([1], 0), None with { Labels = ["no", "yes"], Scores = "logit" });
        one.Predictor.Task.Kind.ShouldBe(TaskKind.Binary);
        Scores(one, Numbers("x", 0, 2)).ShouldBe([0.5f, (float)(1 / (1 + Math.Exp(-2)))]);
    }

    [Fact]
    public void Texts_whole_numbers_and_truth_values_are_columns_too()
    {
        var graph = new OnnxGraph("g", ["y"]);
        var city = graph.AddMl("LabelEncoder", [graph.Input("city", ElementType.String, [OnnxGraph.Free, 1])],
            OnnxAttribute.Of("keys_strings", ImmutableArray.Create("Wien", "Łódź")), OnnxAttribute.Of("values_floats", ImmutableArray.Create(10f, 20f)), OnnxAttribute.Of("default_float", 0f));
        var count = graph.Cast(graph.Input("count", ElementType.Int64, [OnnxGraph.Free, 1]), ElementType.Float);
        var flag = graph.Cast(graph.Input("flag", ElementType.Bool, [OnnxGraph.Free, 1]), ElementType.Float);
        graph.Output("y", graph.Add("Sum", [city, count, flag]), ElementType.Float, 1);
        var imported = OnnxImport.Read(OnnxFiles.Write(graph), None);
        imported.Predictor.InputColumns.Select(c => c.Kind).ShouldBe([ColumnKind.Text, ColumnKind.Numeric, ColumnKind.Boolean]);
        Scores(imported, new TextColumn("city", ["Łódź", null]), Numbers("count", 3, 4), Numbers("flag", 1, 0)).ShouldBe([24f, 4f]);
        Should.Throw<LearningException>(() => Scores(imported, new TextColumn("city", ["Wien"]), Numbers("count", 2.5), Numbers("flag", 0))).Message.ShouldContain("'count'");
    }

    [Fact]
    public void A_vector_of_rows_is_a_column()
    {
        var graph = new OnnxGraph("g", ["y"]);
        graph.Output("y", graph.Add("Reshape", [graph.Input("v", ElementType.Float, [OnnxGraph.Free]), graph.Constant(OnnxTensor.Of<long>([-1, 1]))]), ElementType.Float, 1);
        Scores(OnnxImport.Read(OnnxFiles.Write(graph), None), Numbers("v", 5, 6)).ShouldBe([5f, 6f]);
    }

    /// <summary>As scikit-learn's exporter writes it: a label and a list of dictionaries.</summary>
    [Fact]
    public void ZipMaps_are_taken_off()
    {
        var graph = new OnnxGraph("g", ["label", "output_probability"]);
        var x = graph.Input("x", ElementType.Float, 2);
        var margins = OnnxFiles.Sum(graph, x, [1, -1], 0.5f);
        var positive = graph.Add("Sigmoid", [margins]);
        var probabilities = graph.Concat([graph.Add("Sub", [graph.Constant(OnnxTensor.Of<float>([1])), positive]), positive]);
        graph.Output("label", graph.Cast(margins, ElementType.Int64), ElementType.Int64, 1);
        graph.Output("output_probability", graph.AddMl("ZipMap", [probabilities], OnnxAttribute.Of("classlabels_strings", ImmutableArray.Create("no", "yes"))), ElementType.Float, 2);
        // The writer's outputs pass through an Identity, which a map cannot; the exporter's end with the ZipMap itself.
        var imported = OnnxImport.Read(EndWithZipMap(OnnxFiles.Write(graph)), None);
        imported.Predictor.Task.Kind.ShouldBe(TaskKind.Binary);
        imported.Predictor.Task.Classes.ShouldBe(["no", "yes"]);
        Scores(imported, Numbers("x_0", 1), Numbers("x_1", 0)).Single().ShouldBe((float)(1 / (1 + Math.Exp(-1.5))), 1e-6);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Images_are_scaled_to_their_input(bool channelsFirst)
    {
        var graph = new OnnxGraph("g", ["y"]);
        var image = graph.Input("photo", ElementType.Float, channelsFirst ? [OnnxGraph.Free, 3, 8, 4] : [OnnxGraph.Free, 8, 4, 3]);
        // The means of red, green and blue.
        var means = graph.Add("ReduceMean", [image, graph.Constant(OnnxTensor.Of<long>(channelsFirst ? [2, 3] : [1, 2]))], OnnxAttribute.Of("keepdims", 0L));
        graph.Output("y", graph.Add("MatMul", [means, graph.Constant(OnnxTensor.Of<float>([1, 10, 100], 3, 1))]), ElementType.Float, 1);
        var file = OnnxFiles.Write(graph);
        Refused(file, "--image");
        var imported = OnnxImport.Read(file, None with { Image = "0..1" });
        imported.Predictor.InputColumns.Single().Kind.ShouldBe(ColumnKind.Image);
        var pixels = new byte[64 * 64 * 3];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)(i % 3 == 0 ? 255 : i % 3 == 1 ? 51 : 0);
        Scores(imported, new ImageColumn("photo", [pixels, null])).ShouldBe([3f, 0f], 1e-4);
    }

    [Fact]
    public void It_comes_back_from_a_model_file_as_it_was()
    {
        var predictor = OnnxImport.Read(OnnxFiles.Classifier(logits: true), None with { Labels = ["a", "b", "c"], Scores = "logit", Columns = ["p", "q"] }).Predictor;
        var model = ArtefactRoundTrip.Of(predictor.Members[0].Model, AlgoFactory.Learning.Learners.BuiltIn.Readers);
        var rows = new Frame(1, [Numbers("p", 0.25), Numbers("q", -3)]);
        var scores = new float[3];
        model.Predict(predictor.Members[0].Pipeline.Transform(rows), scores);
        scores.ShouldBe(predictor.Predict(rows).Scores.ToArray());
    }

    [Fact]
    public void Rows_take_no_memory_of_their_own()
    {
        var predictor = OnnxImport.Read(OnnxFiles.Linear([1, 2, 3], 0), None).Predictor;
        var rows = new Frame(200, [.. Enumerable.Range(0, 3).Select(c => Numbers($"x_{c}", [.. Enumerable.Range(0, 200).Select(i => (double)i)]))]);
        var (batch, scores) = (predictor.Members[0].Pipeline.Transform(rows), new float[200]);
        predictor.Members[0].Model.Predict(batch, scores);
        var before = GC.GetAllocatedBytesForCurrentThread();
        predictor.Members[0].Model.Predict(batch, scores);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1024);
    }

    [Fact]
    public void What_cannot_be_served_is_refused_by_name()
    {
        Refused([], "no ONNX file");
        Refused(Encoding.UTF8.GetBytes("these,are\n1,2\n"), "no ONNX file");
        Refused(OnnxFiles.Linear([1], 0)[..^20], "cut off");
        Refused(OnnxFiles.Of(g => g.Add("Frobnicate", [g.Input("x", ElementType.Float, 1)]), 1), "'Frobnicate'");
        Refused(OnnxFiles.Of(g => g.Add("RandomNormalLike", [g.Input("x", ElementType.Float, 1)]), 1), "'RandomNormalLike'");
        Refused([.. OnnxFiles.Linear([1], 0), 7 << 3 | 2, 0], "two graphs");
        // A node 'Loop' with a body: fields 7 → 1 → 5 → 6.
        Refused([8, 10, 7 << 3 | 2, 6, 1 << 3 | 2, 4, 5 << 3 | 2, 2, 6 << 3 | 2, 0], "graph within a graph");
        // A weight in another file: fields 7 → 5 → 14 = 1.
        Refused([8, 10, 7 << 3 | 2, 4, 5 << 3 | 2, 2, 14 << 3, 1], "another file");
        // A weight of 2^30 numbers and none of them there: fields 7 → 5 → 1.
        Refused([8, 10, 7 << 3 | 2, 8, 5 << 3 | 2, 6, 1 << 3, 0x80, 0x80, 0x80, 0x80, 0x04], "larger than its data");
        Refused(OnnxFiles.Of(g => g.Add("ConstantOfShape", [g.Cast(g.Input("x", ElementType.Float, 1), ElementType.Int64)]), 1), "depends on the values of a row");
        Refused(OnnxFiles.Of(g => g.Add("Relu", ["nothing"]), 1, metadata: []), "no inputs");
        Refused(OnnxFiles.Of(g => { g.Input("x", ElementType.Float, 1); return g.Add("Relu", ["nothing"]); }, 1), "nothing before it makes");
        Refused(Fixed(32, 4), "fixed first size 32");
        Refused(Fixed(OnnxGraph.Free, 3, 4), "3 sizes");
        Refused(OnnxFiles.Of(g => g.Cast(g.Input("x", ElementType.Float, 1), ElementType.Int64), 1, ElementType.Int64), "float or double");
        Refused(OnnxFiles.Linear([1], 0), "no output 'z'", None with { Output = "z" });
        Refused(OnnxFiles.Linear([1, 2], 0), "2 columns, and 1 are named", None with { Columns = ["a"] });
        Refused(OnnxFiles.Linear([1], 0), "--label", None with { Label = "x" });
        Refused(OnnxFiles.Linear([1], 0), "binary, multiclass or regression", None with { Task = "ranking" });
        Refused(OnnxFiles.Linear([1], 0), "two or more", None with { Labels = ["a"] });
        Refused(OnnxFiles.Linear([1], 0), "leave --image out", None with { Image = "0..1" });
        // ONNX Runtime's own words: the weights do not fit.
        Refused(OnnxFiles.Of(g => g.Add("MatMul", [g.Input("x", ElementType.Float, 3), g.Constant(OnnxTensor.Of<float>([1, 2], 2, 1))]), 1), "cannot be run");
    }

    private static byte[] Fixed(params long[] shape) => OnnxFiles.Of(g => g.Add("Relu", [g.Input("x", ElementType.Float, shape)]), 4);

    private static void Refused(byte[] file, string says, OnnxImportOptions? options = null) =>
        Should.Throw<LearningException>(() => OnnxImport.Read(file, options ?? None)).Message.ShouldContain(says);

    private static NumericColumn Numbers(string name, params double[] values) => new(name, values);

    private static float[] Scores(ImportedModel imported, params Column[] columns) => imported.Predictor.Predict(new Frame(columns[0].Length, [.. columns])).Scores.ToArray();

    /// <summary>Replaces the name of the ZipMap's value by that of the output, and the Identity between them by one that nobody reads.</summary>
    private static byte[] EndWithZipMap(byte[] file)
    {
        var outline = OnnxOutline.Read(file);
        var map = outline.Operators.Single(o => o.Name == "ZipMap");
        return OnnxRewrite.Join(file, map.Outputs[0], "output_probability");
    }
}
