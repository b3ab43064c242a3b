using AlgoFactory.Torch.Networks;
using AlgoFactory.Torch.Worker.Tensors;

namespace AlgoFactory.Torch.Worker.Modules;

/// <summary>A <see cref="TextNetSpec"/> with its weights: what <see cref="TextNetGraph"/> writes, in libtorch, for rows of several lengths.</summary>
/// <param name="spec">The network.</param>
/// <param name="dropout">The share of features that is dropped in training, in every part.</param>
/// <param name="device">-1: the CPU; else a CUDA device.</param>
/// <param name="trained">Whether gradients are wanted: not for a copy that only averages.</param>
public sealed class TextNet(TextNetSpec spec, double dropout, int device, bool trained) : Network(spec, device, trained)
{
    /// <summary>Raw scores, rows × outputs.</summary>
    /// <param name="texts">The rows' tokens.</param>
    /// <param name="training">Whether to drop.</param>
    public Tensor Forward(PaddedTexts texts, bool training)
    {
        using var mixed = new Autocast(Device, training);
        var x = new TextBranch(spec, this, "", dropout).Forward(texts, training);
        x = (training && dropout > 0 ? x.Dropout(dropout, training) : x).Linear(this["head.weight"], this["head.bias"]);
        return Device >= 0 ? x.ToFloat(Device) : x;
    }
}

/// <summary>Texts of one batch, each as long as the longest.</summary>
/// <param name="Tokens">Tokens, rows × the longest row, one row behind the other; anything behind a row's end.</param>
/// <param name="Mask">1 for a row's tokens, 0 behind its end: rows × the longest row.</param>
/// <param name="Rows">Rows.</param>
public sealed record PaddedTexts(long[] Tokens, float[] Mask, int Rows);

/// <summary>What a <see cref="TextNetSpec"/> computes below its last layer: as a network, or as a branch of one.</summary>
/// <param name="spec">The branch.</param>
/// <param name="weights">The network that has its weights.</param>
/// <param name="prefix">What their names begin with.</param>
/// <param name="dropout">The share of features that is dropped in training, in every part.</param>
internal readonly struct TextBranch(TextNetSpec spec, Network weights, string prefix, double dropout)
{
    /// <summary>Added to what attention says of a place behind a row's end: its share becomes 0.</summary>
    private const double Nowhere = -1e9;

    /// <summary>Vectors of texts: rows × <see cref="TextNetSpec.Width"/>.</summary>
    public Tensor Forward(PaddedTexts texts, bool training)
    {
        var (rows, device) = (texts.Rows, weights.Device);
        var length = texts.Tokens.Length / rows;
        // Tokens behind the end get no attention, and no part of the mean.
        var valid = Tensor.Of(texts.Mask, device, rows, 1, length);
        var bias = valid.Affine(-Nowhere, Nowhere).Reshape(rows, 1, 1, length);
        var share = valid.Mul(Tensor.Of(Shares(texts.Mask, rows), device, rows, 1, 1));

        var x = weights[prefix + "tokens"].Embedding(Tensor.Of(texts.Tokens, device)).Reshape(rows, length, spec.Width);
        x = Drop(x.Add(weights[prefix + "positions"].Narrow(0, 0, length)), training);
        for (var block = 0; block < spec.Blocks; block++)
        {
            var name = $"block{block}";
            x = x.Add(Drop(Linear(name + ".joined", Attention(name, Norm(name + ".norm1", x), bias, rows, length, training)), training));
            x = x.Add(Drop(Linear(name + ".narrow", Linear(name + ".wide", Norm(name + ".norm2", x)).Gelu()), training));
        }

        return share.MatMul(Norm("norm", x)).Reshape(rows, spec.Width);
    }

    private Tensor Attention(string name, Tensor x, Tensor bias, int rows, int length, bool training)
    {
        var (heads, size) = (spec.Heads, spec.Width / spec.Heads);
        // 3 × rows × heads × tokens × size
        var parts = Linear(name + ".attention", x).Reshape(rows, length, 3, heads, size).Permute(2, 0, 3, 1, 4);
        Tensor Part(int third) => parts.Narrow(0, third, 1).Reshape(rows, heads, length, size);
        var scores = Part(0).Affine(1 / Math.Sqrt(size)).MatMul(Part(1).Permute(0, 1, 3, 2)).Add(bias);
        return Drop(scores.Softmax(3), training).MatMul(Part(2)).Permute(0, 2, 1, 3).Reshape(rows, length, spec.Width);
    }

    private Tensor Linear(string name, Tensor x) => x.Linear(weights[$"{prefix}{name}.weight"], weights[$"{prefix}{name}.bias"]);

    private Tensor Norm(string name, Tensor x) => x.LayerNorm(weights[$"{prefix}{name}.scale"], weights[$"{prefix}{name}.shift"], TextNetSpec.Epsilon);

    private Tensor Drop(Tensor x, bool training) => training && dropout > 0 ? x.Dropout(dropout, training) : x;

    /// <summary>One by the tokens of each row.</summary>
    private static float[] Shares(ReadOnlySpan<float> mask, int rows)
    {
        var (length, shares) = (mask.Length / rows, new float[rows]);
        for (var row = 0; row < rows; row++)
        {
            var count = 0f;
            foreach (var valid in mask.Slice(row * length, length))
                count += valid;
            shares[row] = 1 / count;
        }

        return shares;
    }
}
