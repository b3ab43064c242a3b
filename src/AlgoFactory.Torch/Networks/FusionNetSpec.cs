using System.Collections.Immutable;

namespace AlgoFactory.Torch.Networks;

/// <summary>
/// One network over several kinds of columns (early fusion; Baltrušaitis et al., Multimodal machine learning: a survey and taxonomy,
/// 2019): numbers go through a layer, images and texts through the networks that read them alone; the vectors of these branches stand side by
/// side before a hidden layer, where they can depend on each other, and a linear one. All of it is trained at once.
/// </summary>
public sealed record FusionNetSpec : NetworkSpec
{
    /// <summary>What the names of the images' weights begin with.</summary>
    public const string ImagesPrefix = "images.";

    /// <summary>What the names of the texts' weights begin with.</summary>
    public const string TextsPrefix = "texts.";

    /// <summary>Dense features; 0: none.</summary>
    public required int Numbers { get; init; }

    /// <summary>The branch of images, without outputs of its own; null: none.</summary>
    public ConvNetSpec? Images { get; init; }

    /// <summary>The branch of texts, without outputs of its own; null: none.</summary>
    public TextNetSpec? Texts { get; init; }

    /// <summary>Units of the numbers' layer and of the hidden layer behind all branches.</summary>
    public required int Width { get; init; }

    /// <summary>The length of all branches' vectors.</summary>
    public int Joined => (Numbers > 0 ? Width : 0) + (Images?.Features ?? 0) + (Texts?.Width ?? 0);

    /// <inheritdoc/>
    public override ImmutableArray<WeightShape> Weights()
    {
        var weights = ImmutableArray.CreateBuilder<WeightShape>();
        if (Numbers > 0)
            Linear("numbers", Numbers, Width);
        Branch(Images, ImagesPrefix);
        Branch(Texts, TextsPrefix);
        Linear("joined", Joined, Width);
        Linear("head", Width, Outputs);
        return weights.ToImmutable();

        void Branch(NetworkSpec? branch, string prefix) => weights.AddRange(branch?.Weights().Select(w => w with { Name = prefix + w.Name }) ?? []);

        void Linear(string name, int inputs, int outputs)
        {
            weights.Add(new($"{name}.weight", WeightKind.Projection, [outputs, inputs]));
            weights.Add(new($"{name}.bias", WeightKind.Zeros, [outputs]));
        }
    }
}
