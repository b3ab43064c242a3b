using AlgoFactory.Torch.Networks;
using AlgoFactory.Torch.Worker.Tensors;

namespace AlgoFactory.Torch.Worker.Modules;

/// <summary>A <see cref="FusionNetSpec"/> with its weights: what <see cref="FusionNetGraph"/> writes, in libtorch.</summary>
/// <param name="spec">The network.</param>
/// <param name="dropout">The share of features that is dropped in training: in the branch of texts, of the joined vectors, of the hidden layer.</param>
/// <param name="device">-1: the CPU; else a CUDA device.</param>
/// <param name="trained">Whether gradients are wanted: not for a copy that only averages.</param>
public sealed class FusionNet(FusionNetSpec spec, double dropout, int device, bool trained) : Network(spec, device, trained)
{
    /// <summary>Raw scores, rows × outputs.</summary>
    /// <param name="numbers">Dense features, rows × features; null: the network has no such branch.</param>
    /// <param name="images">Normalised images; null: the same.</param>
    /// <param name="texts">Tokens; null: the same.</param>
    /// <param name="training">Whether to normalise by the batch, and drop.</param>
    public Tensor Forward(Tensor? numbers, Tensor? images, PaddedTexts? texts, bool training)
    {
        using var mixed = new Autocast(Device, training);
        var vectors = new List<Tensor>(3);
        if (numbers is not null)
            vectors.Add(Linear("numbers", numbers).Gelu());
        if (images is not null)
            vectors.Add(new ConvBranch(spec.Images!, this, FusionNetSpec.ImagesPrefix).Forward(images, training));
        if (texts is not null)
            vectors.Add(new TextBranch(spec.Texts!, this, FusionNetSpec.TextsPrefix, dropout).Forward(texts, training));
        var x = Linear("joined", Drop(Tensor.Concat(vectors, 1), training)).Gelu();
        x = Linear("head", Drop(x, training));
        return Device >= 0 ? x.ToFloat(Device) : x;
    }

    private Tensor Linear(string name, Tensor x) => x.Linear(this[name + ".weight"], this[name + ".bias"]);

    private Tensor Drop(Tensor x, bool training) => training && dropout > 0 ? x.Dropout(dropout, training) : x;
}
