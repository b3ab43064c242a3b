using AlgoFactory.Torch.Protocol;
using AlgoFactory.Torch.Worker.Tensors;
using AlgoFactory.Torch.Worker.Training;

namespace AlgoFactory.Torch.Worker.Tests.Training;

public sealed class AugmentationTests
{
    private const int Cpu = -1;

    [TorchFact]
    public void Without_options_images_stay_as_they_are() => Apply(new AugmentationOptions(), Ramp()).ShouldBe(Ramp());

    [TorchFact]
    public void Half_of_the_images_are_mirrored_and_the_others_not()
    {
        var image = Ramp();
        float[] mirrored = [.. Enumerable.Range(0, 16).Select(i => image[i / 4 * 4 + 3 - i % 4])];
        var (some, seen) = (new Augmentation(new AugmentationOptions { FlipHorizontal = true }), new HashSet<bool>());
        for (var seed = 0; seed < 12; seed++)
        {
            using var scope = new TensorScope();
            var result = some.Apply(Tensor.Of(image, Cpu, 1, 1, 4, 4), new Random(seed), Cpu).ToArray();
            var isMirrored = Math.Abs(result[0] - mirrored[0]) < 1e-5;
            seen.Add(isMirrored);
            result.Zip(isMirrored ? mirrored : image).ShouldAllBe(p => Math.Abs(p.First - p.Second) < 1e-5);
        }

        seen.Count.ShouldBe(2);
    }

    [TorchFact]
    public void Whatever_is_drawn_pixels_stay_between_black_and_white()
    {
        var all = new AugmentationOptions
        {
            FlipHorizontal = true,
            FlipVertical = true,
            Rotation = 180,
            Translation = 0.5,
            Scale = 0.5,
            Crop = 0.2,
            Colour = 1,
            RandAugment = 4,
            Magnitude = 1,
        };
        using var scope = new TensorScope();
        float[] images = [.. Enumerable.Range(0, 64 * 3 * 16).Select(i => i % 17 / 16f)];
        new Augmentation(all).Apply(Tensor.Of(images, Cpu, 64, 3, 4, 4), new Random(1), Cpu).ToArray().ShouldAllBe(v => v >= 0 && v <= 1);
    }

    [Fact]
    public void A_mixed_label_has_its_shares_of_both()
    {
        float[] targets = [1, 0, 0, 1];
        Mixing.MixTargets(targets, [1, 0], 0.7f);
        targets.Zip([0.7f, 0.3f, 0.3f, 0.7f]).ShouldAllBe(p => Math.Abs(p.First - p.Second) < 1e-6);
    }

    [TorchTheory]
    [InlineData(0.5, 0)]
    [InlineData(0, 0.5)]
    public void Mixed_images_and_labels_have_the_same_shares(double mixup, double cutmix)
    {
        // Images that are all 0 or all 1, of the classes 0 and 1: an image's mean is its label.
        using var scope = new TensorScope();
        float[] images = [.. Enumerable.Range(0, 8).SelectMany(i => Enumerable.Repeat((float)(i % 2), 36))];
        float[] targets = [.. Enumerable.Range(0, 8).SelectMany(i => i % 2 == 0 ? [1f, 0f] : new[] { 0f, 1f })];
        var mixed = Mixing.Apply(Tensor.Of(images, Cpu, 8, 1, 6, 6), targets, mixup, cutmix, new Random(3), Cpu).ToArray();
        for (var i = 0; i < 8; i++)
            mixed.Skip(36 * i).Take(36).Average().ShouldBe(targets[2 * i + 1], 1e-4);
    }

    [Theory]
    [InlineData("one-cycle")]
    [InlineData("cosine")]
    [InlineData("step")]
    public void A_rate_rises_to_its_highest_and_ends_near_0(string schedule)
    {
        double[] rates = [.. Enumerable.Range(0, 101).Select(i => LearningRates.At(schedule, i / 100.0))];
        rates.Max().ShouldBe(1, 1e-3);
        rates.ShouldAllBe(r => r > 0 && r <= 1);
        rates[^1].ShouldBeLessThan(0.011);
        rates[0].ShouldBeLessThan(0.21);
    }

    private static float[] Ramp() => [.. Enumerable.Range(0, 16).Select(i => i / 16f)];

    private static float[] Apply(AugmentationOptions options, float[] image)
    {
        using var scope = new TensorScope();
        return new Augmentation(options).Apply(Tensor.Of(image, Cpu, 1, 1, 4, 4), new Random(1), Cpu).ToArray();
    }
}
