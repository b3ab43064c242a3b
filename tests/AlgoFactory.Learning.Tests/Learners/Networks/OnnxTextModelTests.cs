using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;
using AlgoFactory.Onnx.Runtime;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Networks;

/// <summary>A graph over texts: answered row by row at each row's own length.</summary>
public sealed class OnnxTextModelTests
{
    private const int Vocabulary = 4;

    [Fact]
    public void Each_row_is_answered_by_its_own_tokens_the_first_of_them()
    {
        // The mean of tokens' values 0, 10, 20, 30 and of their places.
        var model = ArtefactRoundTrip.Of(Model(Graph()), BuiltIn.Readers);
        var scores = new float[3];
        model.Predict(Rows([1], [0, 3, 3], [2, 2, 2, 2, 2, 2]), scores);
        scores.ShouldBe([10, 21, 20 + 1.5f]);
    }

    [Fact]
    public void Texts_of_another_vocabulary_are_refused()
    {
        var rows = new FeatureBatch(1, 0, default, tokens: new TokenBlock(9, [0, 1], [8]));
        Should.Throw<LearningException>(() => Model(Graph()).Predict(rows, new float[1])).Message.ShouldContain("4 tokens");
        Should.Throw<LearningException>(() => Model(Graph()).Predict(new FeatureBatch(1, 0, default), new float[1]));
    }

    [Fact]
    public void A_graph_of_fewer_tokens_than_it_says_is_an_error_in_words() =>
        Should.Throw<LearningException>(() => Model(Graph(tokens: 2)).Predict(Rows([3]), new float[1])).Message.ShouldContain("ONNX Runtime");

    [Theory]
    [InlineData(0, 4, 1)]
    [InlineData(4, 1 << 20, 1)]
    [InlineData(4, 4, 0)]
    public void Sizes_out_of_range_are_refused(int vocabulary, int maxTokens, int outputs)
    {
        var writer = new ArtefactSectionWriter();
        writer.WriteJson("onnx", new { vocabulary, maxTokens, outputs, curve = Array.Empty<int>() });
        writer.WriteArray<byte>("graph", Graph());
        Should.Throw<ArtefactFormatException>(() => BuiltIn.Readers.ReadModel(OnnxTextModel.FormatName, ArtefactSection.Of(writer)));
    }

    [Fact]
    public void Predictions_leave_no_value_behind()
    {
        var (model, rows, scores) = (Model(Graph()), Rows([0, 3, 3]), new float[1]);
        var before = OnnxSession.LiveValues;
        for (var i = 0; i < 1000; i++)
            model.Predict(rows, scores);
        // Other tests may be predicting at this moment: a leak would be a thousand.
        (OnnxSession.LiveValues - before).ShouldBeLessThan(500);
    }

    private static OnnxTextModel Model(byte[] graph) => new(graph, Vocabulary, 4, 1, []);

    private static byte[] Graph(int tokens = Vocabulary)
    {
        var graph = new OnnxGraph("g", [OnnxTextModel.Tokens, OnnxTextModel.Positions, OnnxTextModel.Output]);
        var table = graph.Constant(OnnxTensor.Of<float>([.. Enumerable.Range(0, tokens).Select(i => 10f * i)], tokens, 1));
        var words = graph.Add("Gather", [table, graph.Input(OnnxTextModel.Tokens, ElementType.Int64, OnnxGraph.AnyWidth)], OnnxAttribute.Of("axis", 0L));
        var places = graph.Cast(graph.Input(OnnxTextModel.Positions, ElementType.Int64, OnnxGraph.AnyWidth), ElementType.Float);
        var x = graph.Add("ReduceMean", [words, graph.Constant(OnnxTensor.Of<long>([1]))], OnnxAttribute.Of("keepdims", 0L));
        x = graph.Add("Add", [x, graph.Add("ReduceMean", [places, graph.Constant(OnnxTensor.Of<long>([1]))], OnnxAttribute.Of("keepdims", 1L))]);
        graph.Output(OnnxTextModel.Output, x, ElementType.Float, 1);
        using var file = new MemoryStream();
        OnnxFile.Write(graph, "test", "1", [], file);
        return file.ToArray();
    }

    private static FeatureBatch Rows(params int[][] rows)
    {
        var starts = new int[rows.Length + 1];
        for (var i = 0; i < rows.Length; i++)
            starts[i + 1] = starts[i] + rows[i].Length;
        return new FeatureBatch(rows.Length, 0, default, tokens: new TokenBlock(Vocabulary, starts, [.. rows.SelectMany(r => r)]));
    }
}
