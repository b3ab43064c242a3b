using System.Runtime.InteropServices;
using AlgoFactory.Learning.Features.Pretrained;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Features.Pretrained;

public sealed class TfjsWeightsTests
{
    private const string Script =
        "!function(e){e({modelTopology:{node:[{name:\"a\"}]},weightsManifest:[{paths:[\"group1-shard1of1\"],weights:[{name:\"Conv1/kernel\",shape:[2,2],dtype:\"float32\",quantization:{min:-.5,scale:.25,dtype:\"uint8\"}},{name:\"b\",shape:[1],dtype:\"float32\"}]}]})}();";

    [Fact]
    public void Bytes_are_cut_by_the_manifest_of_a_script()
    {
        byte[] bytes = [0, 1, 2, 4, .. MemoryMarshal.AsBytes<float>([7.5f])];
        var tensors = TfjsWeights.Read(TfjsWeights.ManifestOfScript(Script), bytes);
        var kernel = tensors["Conv1/kernel"];
        kernel.Shape.ShouldBe([2, 2]);
        kernel.IsQuantized.ShouldBeTrue();
        (kernel.Scale, kernel.Minimum).ShouldBe((0.25f, -0.5f));
        kernel.Bytes.ToArray().ShouldBe(bytes[..4]);
        tensors["b"].IsQuantized.ShouldBeFalse();
        MemoryMarshal.Cast<byte, float>(tensors["b"].Bytes.Span)[0].ShouldBe(7.5f);
    }

    [Theory]
    [InlineData("weightsManifest:[{paths:[")]
    [InlineData("nothing")]
    [InlineData("weightsManifest:[{a:!0}]")]
    public void A_script_that_is_cut_off_or_another_one_is_a_sentence(string script) =>
        Should.Throw<LearningException>(() => TfjsWeights.ManifestOfScript(script)).Message.ShouldContain("install them again");

    [Fact]
    public void Bytes_that_are_too_few_are_a_sentence() =>
        Should.Throw<LearningException>(() => TfjsWeights.Read(TfjsWeights.ManifestOfScript(Script), new byte[5])).Message.ShouldContain("install them again");

    [Fact]
    public void Weights_are_looked_for_in_the_named_folder_and_above_the_program()
    {
        var places = PretrainedFiles.Candidates("mobilenet", "nsfwjs", "named", Path.Combine(Path.GetPathRoot(Environment.CurrentDirectory)!, "a", "b")).ToArray();
        places[0].ShouldBe(Path.Combine("named", "nsfwjs"));
        places[1].ShouldEndWith("a/b/native/mobilenet/node_modules/nsfwjs");
        places.Length.ShouldBe(4);
    }
}
