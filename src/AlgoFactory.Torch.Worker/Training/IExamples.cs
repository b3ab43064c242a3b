using AlgoFactory.Torch.Networks;
using AlgoFactory.Torch.Protocol;
using AlgoFactory.Torch.Worker.Modules;
using AlgoFactory.Torch.Worker.Tensors;

namespace AlgoFactory.Torch.Worker.Training;

/// <summary>Rows of one kind, as a network of that kind reads them.</summary>
internal interface IExamples : IDisposable
{
    /// <summary>Rows.</summary>
    int Rows { get; }

    /// <summary>Puts rows of like size into one batch, where that saves work.</summary>
    /// <param name="order">Rows in the order of an epoch, shuffled; or, to be scored, as they come.</param>
    /// <param name="batch">Rows a batch.</param>
    /// <param name="random">What is drawn from; null: rows are only scored, in any order.</param>
    void Arrange(Span<int> order, int batch, Random? random);

    /// <summary>Raw scores of training rows, each changed at random.</summary>
    /// <param name="network">The network.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="targets">rows × outputs; changed where rows are mixed.</param>
    /// <param name="random">What is drawn from.</param>
    Tensor Train(Network network, ReadOnlySpan<int> rows, float[] targets, Random random);

    /// <summary>Raw scores of rows as they are.</summary>
    Tensor Score(Network network, ReadOnlySpan<int> rows);

    /// <summary>The rows of a job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="inputs">The rows as they came through the pipe.</param>
    /// <param name="rows">How many.</param>
    /// <param name="device">-1: the CPU; else a CUDA device.</param>
    static IExamples Of(TrainingJob job, ReadOnlySpan<byte> inputs, int rows, int device) => job.Network switch
    {
        ConvNetSpec images => new ImageExamples(images, job, inputs, device),
        TextNetSpec texts => new TextExamples(texts, job.Options.TokenDropout, TokenBytes.Read(inputs, rows, texts.Vocabulary)),
        FusionNetSpec fusion => new FusionExamples(fusion, job, new FusionBytes(fusion, inputs, rows), rows, device),
        _ => throw new ArgumentException($"There are no rows for {job.Network.GetType().Name}.", nameof(job)),
    };
}

/// <summary>Images: augmented, normalised, mixed.</summary>
internal sealed class ImageExamples(ConvNetSpec spec, TrainingJob job, ReadOnlySpan<byte> pixels, int device) : IExamples
{
    private readonly ImageBatches _images = new(spec, pixels, device);
    private readonly Augmentation _augmentation = new(job.Augmentation);

    /// <inheritdoc/>
    public int Rows => _images.Rows;

    /// <inheritdoc/>
    public void Arrange(Span<int> order, int batch, Random? random)
    {
        // All are of one size.
    }

    /// <inheritdoc/>
    public Tensor Train(Network network, ReadOnlySpan<int> rows, float[] targets, Random random) =>
        ((ConvNet)network).Forward(Mixing.Apply(Take(rows, random), targets, job.Options.Mixup, job.Options.Cutmix, random, device), training: true);

    /// <inheritdoc/>
    public Tensor Score(Network network, ReadOnlySpan<int> rows) => ((ConvNet)network).Forward(Take(rows, null), training: false);

    /// <summary>Normalised images: augmented by what is drawn, or as they are.</summary>
    public Tensor Take(ReadOnlySpan<int> rows, Random? random)
    {
        var images = _images.Take(Indices(rows));
        return _images.Normalise(random is null ? images : _augmentation.Apply(images, random, device));
    }

    /// <inheritdoc/>
    public void Dispose() => _images.Dispose();

    private static long[] Indices(ReadOnlySpan<int> rows)
    {
        var indices = new long[rows.Length];
        for (var i = 0; i < indices.Length; i++)
            indices[i] = rows[i];
        return indices;
    }
}
