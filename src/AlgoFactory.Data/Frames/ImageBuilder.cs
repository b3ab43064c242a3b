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
    private byte[]?[] _details = new byte[]?[capacity];
    private byte[]? _current;
    private byte[]? _detail;
    private string? _problem;

    public override string? Problem => _problem;

    public override BindResult Set(scoped in Cell cell)
    {
        Forget();
        if (cell.Kind == CellKind.Image)
            return Decode(cell.Utf8);
        if (cell.Kind is not (CellKind.Text or CellKind.Missing))
            return Refused("it is no text");
        var text = ImageFormats.WithoutHead(ValueParser.Trim(cell.Utf8));
        if (ValueParser.IsMissing(text))
            return BindResult.Missing;
        if (Base64.GetMaxDecodedFromUtf8Length(text.Length) > ImageLimits.Bytes)
            return Refused(ImageDecoder.TooLarge);
        var bytes = ArrayPool<byte>.Shared.Rent(Base64.GetMaxDecodedFromUtf8Length(text.Length));
        try
        {
            return Base64.DecodeFromUtf8(text, bytes, out _, out var written) == OperationStatus.Done
                ? Decode(bytes.AsSpan(0, written))
                : Refused("it is no base64");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    public override void EndRow(int rows)
    {
        if (rows > _values.Length)
            Reserve(Grown(rows));
        (_values[rows - 1], _details[rows - 1]) = (_current, _detail);
        Forget();
    }

    public override Column Build(int rows) => new ImageColumn(spec.Name, Take(ref _values, rows), Take(ref _details, rows));

    // Only the list of images is copied: pixels are made anew for each row.
    public override Column Lend(int rows) => new ImageColumn(spec.Name, _values[..rows], _details[..rows]);

    public override void Forget() => (_current, _detail) = (null, null);

    public override void Reserve(int rows)
    {
        Array.Resize(ref _values, rows);
        Array.Resize(ref _details, rows);
    }

    private BindResult Decode(ReadOnlySpan<byte> file) =>
        ImageDecoder.Decode(file, out _current, out _detail) is { } problem ? Refused(problem) : BindResult.Bound;

    private BindResult Refused(string problem)
    {
        _problem = problem;
        return BindResult.Invalid;
    }
}
