using System.Collections.Immutable;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Torch.Networks;

/// <summary>
/// A residual network in the manner of He et al. (Deep residual learning for image recognition, 2016), small: a 3 × 3
/// convolution, a max pool, stages of residual blocks that halve the image and double the channels, the mean of what is left,
/// a linear layer.
/// </summary>
public sealed record ConvNetSpec : NetworkSpec
{
    /// <summary>The images as they come.</summary>
    public required ImageSize Image { get; init; }

    /// <summary>Whether colours are weighed to one grey channel first: all training images are grey.</summary>
    public required bool Grey { get; init; }

    /// <summary>By how much sides are divided first, by averaging.</summary>
    public required int Shrink { get; init; }

    /// <summary>Each stage's channels.</summary>
    public required ImmutableArray<int> Widths { get; init; }

    /// <summary>Residual blocks a stage.</summary>
    public required int Blocks { get; init; }

    /// <summary>The mean of each channel's pixels, 0 to 1.</summary>
    public required ImmutableArray<float> Mean { get; init; }

    /// <summary>The deviation of each channel's pixels.</summary>
    public required ImmutableArray<float> Deviation { get; init; }

    /// <summary>Added to running variances.</summary>
    public const double Epsilon = 1e-5;

    /// <summary>Channels that the first convolution reads.</summary>
    public int Channels => Grey ? 1 : Image.Channels;

    /// <summary>The length of an image's vector, below the last layer.</summary>
    public int Features => Widths[^1];

    /// <inheritdoc/>
    public override ImmutableArray<WeightShape> Weights()
    {
        var weights = ImmutableArray.CreateBuilder<WeightShape>();
        Convolution("stem", Channels, Widths[0], 3);
        var from = Widths[0];
        for (var stage = 0; stage < Widths.Length; stage++)
            for (var block = 0; block < Blocks; block++)
            {
                var (name, to) = ($"stage{stage}.block{block}", Widths[stage]);
                Convolution($"{name}.conv1", from, to, 3);
                Convolution($"{name}.conv2", to, to, 3);
                if (from != to || Stride(stage, block) > 1)
                    Convolution($"{name}.shortcut", from, to, 1);
                from = to;
            }

        if (Outputs > 0)
        {
            weights.Add(new("head.weight", WeightKind.Matrix, [Outputs, from]));
            weights.Add(new("head.bias", WeightKind.Zeros, [Outputs]));
        }

        return weights.ToImmutable();

        void Convolution(string name, int inputs, int outputs, int side)
        {
            weights.Add(new($"{name}.weight", WeightKind.Matrix, [outputs, inputs, side, side]));
            // A block that starts as the identity trains better: its last normalisation starts at 0 (Goyal et al., 2017).
            weights.Add(new($"{name}.scale", name.EndsWith("conv2", StringComparison.Ordinal) ? WeightKind.Zeros : WeightKind.Ones, [outputs]));
            weights.Add(new($"{name}.shift", WeightKind.Zeros, [outputs]));
            weights.Add(new($"{name}.mean", WeightKind.RunningMean, [outputs]));
            weights.Add(new($"{name}.variance", WeightKind.RunningVariance, [outputs]));
        }
    }

    /// <summary>The step of a block's first convolution.</summary>
    public static int Stride(int stage, int block) => stage > 0 && block == 0 ? 2 : 1;
}
