using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;
using AlgoFactory.Onnx.Runtime;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Networks;

/// <summary>Networks made smaller: what they say stays near what they said, and they stay networks of this program.</summary>
public sealed class OnnxCompressionTests
{
    private const int Inputs = 64;
    private const int Outputs = 32;

    public static TheoryData<string> Kinds => ["MatMul", "Gemm", "Conv", "Gather"];

    [Theory, MemberData(nameof(Kinds))]
    public void Eight_bits_a_weight_are_a_quarter_of_the_size_and_little_of_the_meaning(string kind)
    {
        var file = File(kind, out var input);
        var small = OnnxCompression.Int8(file);
        small.Length.ShouldBeLessThan(file.Length / 2);
        OnnxGuard.Fault(small, "x", input.Length).ShouldBeNull();
        var (expected, actual) = (Run(file, input), Run(small, input));
        // Weights are off by a 126th or a 254th of the largest, what they are multiplied with by a 510th of its range: their errors add up like chance.
        var size = Math.Sqrt(expected.Average(v => v * v));
        Math.Sqrt(expected.Zip(actual, (e, a) => (e - a) * (e - a)).Average()).ShouldBeLessThan(0.02 * size);
        Run(small, input).ShouldBe(actual);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Whole_numbers_that_fit_are_exact(string kind)
    {
        // Weights of -63 to 63 (those that are multiplied as whole numbers; else 127) with a 63 for each output, and inputs of 0 to 255: nothing is rounded but the sum.
        var file = File(kind, out var input, wholeNumbers: true);
        var (expected, actual) = (Run(file, input), Run(OnnxCompression.Int8(file), input));
        for (var i = 0; i < expected.Length; i++)
            actual[i].ShouldBe(expected[i], 1e-5 * Math.Max(1, Math.Abs(expected[i])));
    }

    [Theory, MemberData(nameof(Kinds))]
    public void The_smallest_weights_are_pruned_and_no_others(string kind)
    {
        var file = File(kind, out var input);
        var whole = OnnxCompression.Prune(file, 0);
        Run(whole, input).ShouldBe(Run(file, input));
        var pruned = OnnxCompression.Prune(file, 0.5);
        pruned.Length.ShouldBe(whole.Length);
        ((double)Packed(pruned)).ShouldBeLessThan(0.75 * Packed(whole));
        Run(pruned, input).ShouldNotBe(Run(file, input));
        // What is left is the bias.
        var left = kind is "MatMul" or "Gather" ? 0 : 1;
        Run(OnnxCompression.Prune(file, 1), input).ShouldAllBe(v => v == left);
    }

    [Fact]
    public void Small_tensors_stay_as_they_are()
    {
        var graph = new OnnxGraph("g", ["x", "y"]);
        var x = graph.Cast(graph.Input("x", ElementType.UInt8, 4), ElementType.Float);
        graph.Output("y", graph.Add("MatMul", [x, graph.Constant(OnnxTensor.Of<float>([1, 2, 3, 4], 4, 1))]), ElementType.Float, 1);
        var file = Written(graph);
        Run(OnnxCompression.Prune(OnnxCompression.Int8(file), 0.9), [1, 1, 1, 1]).ShouldBe([10]);
    }

    [Fact]
    public void What_is_no_file_is_refused() => Should.Throw<InvalidDataException>(() => OnnxCompression.Int8([1, 2, 3]));

    [Fact]
    public void Values_that_a_quantised_graph_would_make_too_large_are_refused()
    {
        var graph = new OnnxGraph("g", ["x", "y"]);
        var x = graph.AddMany("DynamicQuantizeLinear", [graph.Cast(graph.Input("x", ElementType.UInt8, 4), ElementType.Float)], 3);
        graph.Output("y", graph.Add("MatMulInteger", [x[0], x[0], x[2]]), ElementType.Float, 1);
        OnnxGuard.Fault(Written(graph), "x", 4).ShouldNotBeNull().ShouldContain("MatMulInteger");
    }

    private static byte[] File(string kind, out byte[] input, bool wholeNumbers = false)
    {
        var random = new Random(5);
        input = new byte[Inputs];
        random.NextBytes(input);
        // Bytes quantise to themselves where their range is the whole of it.
        (input[0], input[1]) = (255, 0);
        var weights = new float[Outputs * Inputs];
        var largest = kind is "MatMul" or "Gemm" ? OnnxCompression.LargestFactor : OnnxCompression.LargestWeight;
        for (var i = 0; i < weights.Length; i++)
            weights[i] = wholeNumbers ? random.Next(-largest, largest + 1) : (float)(random.NextDouble() * 2 - 1);
        if (wholeNumbers)
            for (var i = 0; i < Outputs; i++)
                // Of each output by rows and by columns.
                (weights[i * Inputs], weights[i]) = (largest, largest);
        float[] ones = [.. Enumerable.Repeat(1f, Outputs)];

        var graph = new OnnxGraph("g", ["x", "y"]);
        var x = graph.Input("x", ElementType.UInt8, Inputs);
        switch (kind)
        {
            case "MatMul":
                x = graph.Add("MatMul", [graph.Cast(x, ElementType.Float), graph.Constant(OnnxTensor.Of<float>(weights, Inputs, Outputs))]);
                break;
            case "Gemm":
                x = graph.Add(
                    "Gemm", [graph.Cast(x, ElementType.Float), graph.Constant(OnnxTensor.Of<float>(weights, Outputs, Inputs)), graph.Constant(OnnxTensor.Of<float>(ones))],
                    OnnxAttribute.Of("transB", 1L));
                break;
            case "Conv":
                // 4 channels of 4 × 4, kernels of 4 × 4.
                x = graph.Add("Reshape", [graph.Cast(x, ElementType.Float), graph.Constant(OnnxTensor.Of<long>([0, 4, 4, 4]))]);
                x = graph.Add(
                    "Conv", [x, graph.Constant(OnnxTensor.Of<float>(weights, Outputs, 4, 4, 4)), graph.Constant(OnnxTensor.Of<float>(ones))],
                    OnnxAttribute.Of("kernel_shape", [4L, 4L]), OnnxAttribute.Of("strides", [1L, 1L]), OnnxAttribute.Of("pads", [0L, 0L, 0L, 0L]));
                x = graph.Add("Reshape", [x, graph.Constant(OnnxTensor.Of<long>([0, Outputs]))]);
                break;
            default:
                // 64 rows of 32, of which one is taken.
                input = [7];
                graph = new OnnxGraph("g", ["x", "y"]);
                x = graph.Cast(graph.Input("x", ElementType.UInt8, 1), ElementType.Int64);
                x = graph.Add("Gather", [graph.Constant(OnnxTensor.Of<float>(weights, Inputs, Outputs)), x], OnnxAttribute.Of("axis", 0L));
                x = graph.Add("Reshape", [x, graph.Constant(OnnxTensor.Of<long>([0, Outputs]))]);
                break;
        }

        graph.Output("y", x, ElementType.Float, Outputs);
        return Written(graph);
    }

    private static byte[] Written(OnnxGraph graph)
    {
        using var file = new MemoryStream();
        OnnxFile.Write(graph, "AlgoFactory", "1", [], file);
        return file.ToArray();
    }

    private static float[] Run(byte[] file, byte[] input)
    {
        using var session = new OnnxSession(file);
        return session.Run(1, [KeyValuePair.Create<string, Array>("x", input)], "y");
    }

    private static long Packed(byte[] file)
    {
        using var to = new MemoryStream();
        using (var deflate = new System.IO.Compression.DeflateStream(to, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
            deflate.Write(file);
        return to.Length;
    }
}
