using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Networks;

/// <summary>A graph over numbers, pixels and tokens: each row is answered by its own.</summary>
public sealed class OnnxFusionModelTests
{
    private static readonly FusionInputs Inputs = new(2, new ImageSize(2, 2, 1), 9, 3);

    [Fact]
    public void Each_row_is_answered_by_its_own_numbers_pixels_and_first_tokens()
    {
        // The sum of the three means.
        var model = ArtefactRoundTrip.Of(new OnnxFusionModel(Graph(), Inputs, 1, []), BuiltIn.Readers);
        var scores = new float[2];
        model.Predict(Rows(), scores);
        scores[0].ShouldBe(1.5f + 2.5f + 4, 1e-5);
        // A missing image is black; a fourth token is not read.
        scores[1].ShouldBe(-1 + 0 + 2, 1e-5);
    }

    [Fact]
    public void Rows_without_what_it_reads_are_refused_in_a_sentence()
    {
        var (model, all) = (new OnnxFusionModel(Graph(), Inputs, 1, []), Rows());
        string Refused(FeatureBatch rows) => Should.Throw<LearningException>(() => model.Predict(rows, new float[2])).Message;
        Refused(new FeatureBatch(2, 1, new float[2], images: all.Images, tokens: all.Tokens)).ShouldBe("The network reads 2 numbers a row, and was given 1.");
        Refused(new FeatureBatch(2, 2, new float[4], tokens: all.Tokens)).ShouldContain("2 × 2 × 1");
        Refused(new FeatureBatch(2, 2, new float[4], images: all.Images)).ShouldContain("9 tokens");
    }

    [Theory]
    [InlineData(-1, 2, 9, 3, 1)]
    [InlineData(2, 1 << 20, 9, 3, 1)]
    [InlineData(2, 2, 9, 0, 1)]
    [InlineData(2, 2, 0, 3, 1)]
    [InlineData(2, 2, 9, 3, 0)]
    public void Sizes_out_of_range_are_refused(int numbers, int side, int vocabulary, int maxTokens, int outputs) =>
        Should.Throw<ArtefactFormatException>(() => Read(Graph(), numbers, side, vocabulary, maxTokens, outputs)).Message.ShouldContain("out of range");

    [Fact]
    public void A_graph_that_could_do_more_than_a_network_never_reaches_the_runtime()
    {
        string Refused(byte[] graph) => Should.Throw<ArtefactFormatException>(() => Read(graph, 2, 2, 9, 3, 1)).Message;
        Refused(Graph((graph, joined) => graph.Add("Det", [joined]))).ShouldContain("'Det'");
        // Rows beside columns: no shape.
        Refused(Graph((graph, joined) => graph.Add("Concat", [joined, graph.Constant(OnnxTensor.Scalar(1f))], OnnxAttribute.Of("axis", 1L)))).ShouldContain("'Concat'");
        Refused(Graph((graph, joined) => graph.Add("Concat", [joined, joined], OnnxAttribute.Of("axis", 7L)))).ShouldContain("'Concat'");
        // Twice as wide, 26 times over.
        Refused(Graph((graph, joined) => Enumerable.Range(0, 26).Aggregate(joined, (x, _) => graph.Concat([x, x])))).ShouldContain("too large");
        Read(Graph(), 2, 2, 9, 3, 1).OutputWidth.ShouldBe(1);
    }

    private static IModel Read(byte[] graph, int numbers, int side, int vocabulary, int maxTokens, int outputs)
    {
        var writer = new ArtefactSectionWriter();
        writer.WriteJson("onnx", new { numbers, height = side, width = side, channels = 1, vocabulary, maxTokens, outputs, curve = Array.Empty<int>() });
        writer.WriteArray<byte>("graph", graph);
        return BuiltIn.Readers.ReadModel(OnnxFusionModel.FormatName, ArtefactSection.Of(writer));
    }

    private static FeatureBatch Rows() => new(
        2, 2, (float[])[1, 2, -3, 1], images: new ImageBlock(new ImageSize(2, 2, 1), [[1, 2, 3, 4], null]), tokens: new TokenBlock(9, [0, 1, 5], [4, 1, 2, 3, 8]));

    private static byte[] Graph(Func<OnnxGraph, string, string>? then = null)
    {
        var graph = new OnnxGraph("g", [OnnxFusionModel.Numbers, OnnxModel.Input, OnnxTextModel.Tokens, OnnxTextModel.Positions, OnnxFusionModel.Output]);
        graph.Input(OnnxTextModel.Positions, ElementType.Int64, OnnxGraph.AnyWidth);
        var joined = graph.Concat(
        [
            Mean(graph.Input(OnnxFusionModel.Numbers, ElementType.Float, 2)), Mean(graph.Input(OnnxModel.Input, ElementType.UInt8, 4)),
            Mean(graph.Input(OnnxTextModel.Tokens, ElementType.Int64, OnnxGraph.AnyWidth)),
        ]);
        var sum = graph.Add("Mul", [Mean(then is null ? joined : then(graph, joined)), graph.Constant(OnnxTensor.Scalar(3f))]);
        graph.Output(OnnxFusionModel.Output, sum, ElementType.Float, 1);
        using var file = new MemoryStream();
        OnnxFile.Write(graph, "test", "1", [], file);
        return file.ToArray();

        string Mean(string value) =>
            graph.Add("ReduceMean", [graph.Cast(value, ElementType.Float), graph.Constant(OnnxTensor.Of<long>([1]))], OnnxAttribute.Of("keepdims", 1L));
    }
}
