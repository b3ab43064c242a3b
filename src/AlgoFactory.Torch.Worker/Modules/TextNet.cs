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
    /// <summary>Added to what attention says of a place behind a row's end: its share becomes 0.</summary>
    private const double Nowhere = -1e9;

    /// <summary>Raw scores, rows × outputs.</summary>
    /// <param name="tokens">Tokens, rows × the longest row, one row behind the other; anything behind a row's end.</param>
    /// <param name="mask">1 for a row's tokens, 0 behind its end: rows × the longest row.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="training">Whether to drop.</param>
    public Tensor Forward(ReadOnlySpan<long> tokens, ReadOnlySpan<float> mask, int rows, bool training)
    {
        using var mixed = new Autocast(Device, training);
        var length = tokens.Length / rows;
        // Tokens behind the end get no attention, and no part of the mean.
        var valid = Tensor.Of(mask, Device, rows, 1, length);
        var bias = valid.Affine(-Nowhere, Nowhere).Reshape(rows, 1, 1, length);
        var share = valid.Mul(Tensor.Of(Shares(mask, rows), Device, rows, 1, 1));

        var x = this["tokens"].Embedding(Tensor.Of(tokens, Device)).Reshape(rows, length, spec.Width);
        x = Drop(x.Add(this["positions"].Narrow(0, 0, length)), training);
        for (var block = 0; block < spec.Blocks; block++)
        {
            var name = $"block{block}";
            x = x.Add(Drop(Linear(name + ".joined", Attention(name, Norm(name + ".norm1", x), bias, rows, length, training)), training));
            x = x.Add(Drop(Linear(name + ".narrow", Linear(name + ".wide", Norm(name + ".norm2", x)).Gelu()), training));
        }

        x = share.MatMul(Norm("norm", x)).Reshape(rows, spec.Width);
        x = Linear("head", Drop(x, training));
        return Device >= 0 ? x.ToFloat(Device) : x;
    }

    private Tensor Attention(string name, Tensor x, Tensor bias, int rows, int length, bool training)
    {
        var size = spec.Width / spec.Heads;
        // 3 × rows × heads × tokens × size
        var parts = Linear(name + ".attention", x).Reshape(rows, length, 3, spec.Heads, size).Permute(2, 0, 3, 1, 4);
        Tensor Part(int third) => parts.Narrow(0, third, 1).Reshape(rows, spec.Heads, length, size);
        var scores = Part(0).Affine(1 / Math.Sqrt(size)).MatMul(Part(1).Permute(0, 1, 3, 2)).Add(bias);
        return Drop(scores.Softmax(3), training).MatMul(Part(2)).Permute(0, 2, 1, 3).Reshape(rows, length, spec.Width);
    }

    private Tensor Linear(string name, Tensor x) => x.Linear(this[name + ".weight"], this[name + ".bias"]);

    private Tensor Norm(string name, Tensor x) => x.LayerNorm(this[name + ".scale"], this[name + ".shift"], TextNetSpec.Epsilon);

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
