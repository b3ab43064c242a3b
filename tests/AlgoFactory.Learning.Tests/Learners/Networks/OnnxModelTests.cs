using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Networks;

/// <summary>A graph in a model file: answered as it says, and refused where it could do more than a network does.</summary>
public sealed class OnnxModelTests
{
    private static readonly ImageSize Size = new(2, 2, 1);

    [Fact]
    public void It_answers_each_row_by_its_own_pixels()
    {
        var model = ArtefactRoundTrip.Of(Model(Graph()), BuiltIn.Readers);
        var scores = new float[3];
        model.Predict(Rows([1, 2, 3, 4], null, [255, 255, 255, 255]), scores);
        scores.ShouldBe([2.5f, 0, 255]);
    }

    [Fact]
    public void Images_of_another_size_are_refused()
    {
        var rows = new FeatureBatch(1, 0, default, images: new ImageBlock(new ImageSize(3, 3, 1), [null]));
        Should.Throw<LearningException>(() => Model(Graph()).Predict(rows, new float[1])).Message.ShouldContain("2 × 2 × 1");
    }

    [Fact]
    public void A_graph_that_gives_another_width_is_refused()
    {
        var model = new OnnxModel(Graph(), Size, 2, []);
        Should.Throw<LearningException>(() => model.Predict(Rows([1, 2, 3, 4]), new float[2])).Message.ShouldContain("instead of 2");
    }

    [Fact]
    public void What_is_no_graph_of_this_program_never_reaches_the_runtime()
    {
        Refused(Graph("Det"), "'Det'");
        Refused([1, 2, 3], "no ONNX file");
        Refused(Model(g => g.AddMl("Add", [OnnxModel.Input, OnnxModel.Input])), "another domain");
        Refused(External(Graph()), "another file");
        Refused(Misnamed(Graph()), "no ONNX file");
        Refused(SubGraph(), "graph within a graph");
        Refused(Model(g => Doubled(g, 4)), "too large");
        Refused(Model(g => g.Add("Cast", ["nothing"], OnnxAttribute.Of("to", 1L))), "cannot be told");
    }

    [Theory]
    [InlineData(0, 2, 1, 1)]
    [InlineData(2, 1 << 20, 1, 1)]
    [InlineData(2, 2, 0, 1)]
    [InlineData(2, 2, 1, -1)]
    public void Sizes_out_of_range_are_refused(int height, int width, int channels, int outputs)
    {
        var writer = new ArtefactSectionWriter();
        writer.WriteJson("onnx", new { height, width, channels, outputs, curve = Array.Empty<int>() });
        writer.WriteArray<byte>("graph", Graph());
        Should.Throw<ArtefactFormatException>(() => BuiltIn.Readers.ReadModel(OnnxModel.FormatName, ArtefactSection.Of(writer)));
    }

    private static void Refused(byte[] graph, string says)
    {
        OnnxGuard.Fault(graph, OnnxModel.Input, Size.Length).ShouldNotBeNull().ShouldContain(says);
        var writer = new ArtefactSectionWriter();
        new OnnxModel(graph, Size, 1, []).Write(writer);
        Should.Throw<ArtefactFormatException>(() => BuiltIn.Readers.ReadModel(OnnxModel.FormatName, ArtefactSection.Of(writer))).Message.ShouldContain(says);
    }

    private static OnnxModel Model(byte[] graph) => new(graph, Size, 1, []);

    private static byte[] Graph(string operation = "ReduceMean") => Model(g => g.Add(
        operation, [g.Cast(OnnxModel.Input, ElementType.Float), g.Constant(OnnxTensor.Of<long>([1]))], OnnxAttribute.Of("keepdims", 1L)));

    private static byte[] Model(Func<OnnxGraph, string> body)
    {
        var graph = new OnnxGraph("g", [OnnxModel.Input, OnnxModel.Output]);
        graph.Input(OnnxModel.Input, ElementType.UInt8, Size.Length);
        graph.Output(OnnxModel.Output, body(graph), ElementType.Float, 1);
        var file = new MemoryStream();
        OnnxFile.Write(graph, "test", "1", [], file);
        return file.ToArray();
    }

    /// <summary>The file with one more graph, whose only weight lies in another file (fields 7 → 5 → 14 = 1): protobuf merges the two.</summary>
    private static byte[] External(byte[] file) => [.. file, 7 << 3 | 2, 4, 5 << 3 | 2, 2, 14 << 3, 1];

    /// <summary>The file with a value's name that is no UTF-8: read loosely, it would be that of any other such value.</summary>
    private static byte[] Misnamed(byte[] file)
    {
        var at = file.AsSpan().IndexOf("v0"u8);
        at.ShouldBeGreaterThan(0);
        return [.. file[..at], 0xFF, .. file[(at + 1)..]];
    }

    /// <summary>A node 'Add' with an attribute that is a graph (fields 7 → 1 → 5 → 6).</summary>
    private static byte[] SubGraph() => [7 << 3 | 2, 6, 1 << 3 | 2, 4, 5 << 3 | 2, 2, 6 << 3 | 2, 0];

    /// <summary>Sums that spread in two directions: each squares the size.</summary>
    private static string Doubled(OnnxGraph graph, int times)
    {
        var x = graph.Cast(OnnxModel.Input, ElementType.Float);
        long length = Size.Length;
        for (var i = 0; i < times; i++)
        {
            x = graph.Add("Add", [x, graph.Add("Transpose", [x], OnnxAttribute.Of("perm", [1L, 0L]))]);
            length *= length;
            x = graph.Add("Reshape", [x, graph.Constant(OnnxTensor.Of<long>([1, length]))]);
        }

        return x;
    }

    private static FeatureBatch Rows(params byte[]?[] images) => new(images.Length, 0, default, images: new ImageBlock(Size, images));
}
