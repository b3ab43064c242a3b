using System.Collections.Immutable;

namespace AlgoFactory.Torch.Networks;

/// <summary>
/// A transformer encoder (Vaswani et al., Attention is all you need, 2017), small, normalised before each part (Xiong et al., On layer
/// normalization in the transformer architecture, 2020): vectors of tokens and of their places, blocks of attention and of a layer
/// four times as wide with GELU, the mean over the tokens, a linear layer. Places start at 0: the network begins as a bag of words
/// and learns order where it pays.
/// </summary>
public sealed record TextNetSpec : NetworkSpec
{
    /// <summary>Tokens that there are.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Tokens of a row that are read: the first.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Length of a token's vector; a multiple of <see cref="Heads"/>.</summary>
    public required int Width { get; init; }

    /// <summary>Heads of each attention.</summary>
    public required int Heads { get; init; }

    /// <summary>Blocks.</summary>
    public required int Blocks { get; init; }

    /// <summary>Added to variances.</summary>
    public const double Epsilon = 1e-5;

    /// <summary>How much wider than the network its inner layers are.</summary>
    public const int Expansion = 4;

    /// <inheritdoc/>
    public override ImmutableArray<WeightShape> Weights()
    {
        var weights = ImmutableArray.CreateBuilder<WeightShape>();
        weights.Add(new("tokens", WeightKind.Embedding, [Vocabulary, Width]));
        weights.Add(new("positions", WeightKind.Zeros, [MaxTokens, Width]));
        for (var block = 0; block < Blocks; block++)
        {
            Norm($"block{block}.norm1");
            Linear($"block{block}.attention", Width, 3 * Width);
            Linear($"block{block}.joined", Width, Width);
            Norm($"block{block}.norm2");
            Linear($"block{block}.wide", Width, Expansion * Width);
            Linear($"block{block}.narrow", Expansion * Width, Width);
        }

        Norm("norm");
        if (Outputs > 0)
            Linear("head", Width, Outputs);
        return weights.ToImmutable();

        void Norm(string name)
        {
            weights.Add(new($"{name}.scale", WeightKind.Ones, [Width]));
            weights.Add(new($"{name}.shift", WeightKind.Zeros, [Width]));
        }

        void Linear(string name, int inputs, int outputs)
        {
            weights.Add(new($"{name}.weight", WeightKind.Projection, [outputs, inputs]));
            weights.Add(new($"{name}.bias", WeightKind.Zeros, [outputs]));
        }
    }
}
