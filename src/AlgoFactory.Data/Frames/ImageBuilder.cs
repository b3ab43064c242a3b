using System.Buffers;
using System.Buffers.Text;
using AlgoFactory.Data.Images;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Frames;

/// <summary>Image files, or base64 of them, decoded one by one.</summary>
internal sealed class ImageBuilder(ColumnSpec spec, int capacity) : ColumnBuilder
{
    private byte[]?[] _values = new byte[]?[capacity];
    private byte[]? _current;

    public override BindResult Set(scoped in Cell cell)
    {
        _current = null;
        if (cell.Kind == CellKind.Image)
            return Decode(cell.Utf8);
        if (cell.Kind is not (CellKind.Text or CellKind.Missing))
            return BindResult.Invalid;
        var text = ImageFormats.WithoutHead(ValueParser.Trim(cell.Utf8));
        if (ValueParser.IsMissing(text))
            return BindResult.Missing;
        if (Base64.GetMaxDecodedFromUtf8Length(text.Length) > ImageLimits.Bytes)
            return BindResult.Invalid;
        var bytes = ArrayPool<byte>.Shared.Rent(Base64.GetMaxDecodedFromUtf8Length(text.Length));
        try
        {
            return Base64.DecodeFromUtf8(text, bytes, out _, out var written) == OperationStatus.Done
                ? Decode(bytes.AsSpan(0, written))
                : BindResult.Invalid;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    public override void EndRow(int rows)
    {
        if (rows > _values.Length)
            Array.Resize(ref _values, Grown(rows));
        _values[rows - 1] = _current;
        _current = null;
    }

    public override Column Build(int rows) => new ImageColumn(spec.Name, Take(ref _values, rows));

    // Beside what decoding an image costs, a copy of references is nothing.
    public override Column Lend(int rows) => new ImageColumn(spec.Name, _values.AsSpan(0, rows).ToArray());

    public override void Forget() => _current = null;

    public override void Reserve(int rows) => Array.Resize(ref _values, rows);

    private BindResult Decode(ReadOnlySpan<byte> file)
    {
        var pixels = new byte[ImageDecoder.Length];
        if (ImageDecoder.Decode(file, pixels) is not null)
            return BindResult.Invalid;
        _current = pixels;
        return BindResult.Bound;
    }
}
