using AlgoFactory.Torch.Networks;
using AlgoFactory.Torch.Protocol;
using AlgoFactory.Torch.Worker.Modules;
using AlgoFactory.Torch.Worker.Tensors;

namespace AlgoFactory.Torch.Worker.Training;

/// <summary>Rows of several kinds of columns: numbers as they are, images augmented, texts without some of their tokens.</summary>
internal sealed class FusionExamples : IExamples
{
    private readonly int _width;
    private readonly int _device;
    private readonly float[] _numbers;
    private readonly ImageExamples? _images;
    private readonly TextExamples? _texts;

    public FusionExamples(FusionNetSpec spec, TrainingJob job, FusionBytes bytes, int rows, int device)
    {
        (_width, _device, Rows) = (spec.Numbers, device, rows);
        _numbers = bytes.Numbers.ToArray();
        _images = spec.Images is { } images ? new ImageExamples(images, job, bytes.Images, device) : null;
        _texts = spec.Texts is { } texts ? new TextExamples(texts, job.Options.TokenDropout, TokenBytes.Read(bytes.Texts, rows, texts.Vocabulary)) : null;
    }

    /// <inheritdoc/>
    public int Rows { get; }

    /// <inheritdoc/>
    public void Arrange(Span<int> order, int batch, Random? random) => _texts?.Arrange(order, batch, random);

    /// <inheritdoc/>
    public Tensor Train(Network network, ReadOnlySpan<int> rows, float[] targets, Random random) => Forward(network, rows, random);

    /// <inheritdoc/>
    public Tensor Score(Network network, ReadOnlySpan<int> rows) => Forward(network, rows, null);

    /// <inheritdoc/>
    public void Dispose() => _images?.Dispose();

    private Tensor Forward(Network network, ReadOnlySpan<int> rows, Random? random) =>
        ((FusionNet)network).Forward(_width > 0 ? Numbers(rows) : null, _images?.Take(rows, random), _texts?.Take(rows, random), training: random is not null);

    private Tensor Numbers(ReadOnlySpan<int> rows)
    {
        var values = new float[rows.Length * _width];
        for (var i = 0; i < rows.Length; i++)
            _numbers.AsSpan(rows[i] * _width, _width).CopyTo(values.AsSpan(i * _width));
        return Tensor.Of(values, _device, rows.Length, _width);
    }
}
