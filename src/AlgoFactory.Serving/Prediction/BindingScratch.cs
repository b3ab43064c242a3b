using System.Collections.Immutable;
using System.Text;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Serving.Prediction;

/// <summary>
/// What binding one request needs: the frame being built and what there will be to warn of. Reused from request to
/// request, by one at a time.
/// </summary>
internal sealed class BindingScratch(ColumnIndex index, RowLimits limits)
{
    private readonly int[] _seenInRow = new int[index.Count];
    private readonly Tally[] _missing = new Tally[index.FeatureCount];
    private readonly Tally[] _unknown = new Tally[index.FeatureCount];
    private FrameBuilder _builder = new(index.Features);
    private byte[] _text = new byte[256];
    private bool _busy;
    private bool _csv;
    private bool _warn;
    private int _stamp;
    private int _features;
    private int _values;

    public ColumnIndex Index => index;

    public RowLimits Limits => limits;

    /// <summary>The row being read, from 0.</summary>
    public int Row => _builder.RowCount;

    /// <summary>The rows of the largest request so far.</summary>
    public int PeakRows { get; private set; }

    public void Begin(bool csv)
    {
        // A request that failed half way has left rows in the builder.
        if (_busy)
            _builder = new FrameBuilder(index.Features);
        if (_busy || _warn)
        {
            Array.Clear(_missing);
            Array.Clear(_unknown);
        }

        _busy = true;
        _warn = false;
        _csv = csv;
        NextStamp();
    }

    /// <summary>Where a name goes.</summary>
    /// <exception cref="RowBindingException">The name is unknown, or stands in this row for the second time.</exception>
    public int Slot(ReadOnlySpan<char> name)
    {
        var slot = index.Find(name);
        if (slot < 0)
            throw Fault($"there is no column '{Shown(name)}'; the nearest known one is '{index.Nearest(name)}'.", name.ToString());
        if (++_values > limits.ValuesPerRow)
            throw Fault($"the row has more than the {limits.ValuesPerRow} values allowed.", null);
        if (_seenInRow[slot] == _stamp)
            throw Fault($"the column '{Shown(name)}' stands there twice.", index.Name(slot));
        _seenInRow[slot] = _stamp;
        if (slot < index.FeatureCount)
            _features++;
        return slot;
    }

    public void SetText(int slot, ReadOnlySpan<byte> utf8)
    {
        CheckLength(slot, utf8.Length);
        Settle(slot, _builder.SetText(slot, utf8), utf8);
    }

    public void SetBoolean(int slot, bool value) => Settle(slot, _builder.SetBoolean(slot, value), value ? "true"u8 : "false"u8);

    /// <summary>
    /// Sets a number of a JSON body. To a category it is first what stands there and then the number's canonical text, so
    /// that 1, "1" and a Parquet file's 1 are one level.
    /// </summary>
    public void SetNumber(int slot, ReadOnlySpan<byte> raw, double value)
    {
        CheckLength(slot, raw.Length);
        switch (index.Features[slot].Kind)
        {
            case ColumnKind.Categorical:
                var result = _builder.SetText(slot, raw);
                Settle(slot, result == BindResult.UnknownLevel ? _builder.SetNumber(slot, value) : result, raw);
                break;
            case ColumnKind.Numeric or ColumnKind.Boolean or ColumnKind.DateTime:
                if (!double.IsFinite(value))
                    throw Fault($"{Shown(raw)} is too large a number.", index.Name(slot));
                Settle(slot, _builder.SetNumber(slot, value), raw);
                break;
            default:
                Settle(slot, _builder.SetText(slot, raw), raw);
                break;
        }
    }

    public void EndRow()
    {
        if (_features < index.FeatureCount)
            for (var slot = 0; slot < index.FeatureCount; slot++)
                if (_seenInRow[slot] != _stamp && IsUsed(index.Features[slot].Kind))
                    Count(ref _missing[slot], null);
        _builder.EndRow();
        PeakRows = Math.Max(PeakRows, Row);
        NextStamp();
    }

    public BoundRows End(string? requestId)
    {
        var warnings = _warn ? Warnings() : [];
        var bound = new BoundRows(_builder.Build(), warnings, requestId);
        _busy = false;
        return bound;
    }

    /// <summary>At least so many bytes, for unescaping a text.</summary>
    public Span<byte> Buffer(int slot, int length)
    {
        CheckLength(slot, length);
        if (_text.Length < length)
            _text = new byte[length];
        return _text;
    }

    public RowBindingException Fault(string what, string? column, Exception? inner = null) => new($"{At(Row)}: {what}", Row, column, inner);

    public static string Shown(ReadOnlySpan<char> text) => text.Length > 60 ? string.Concat(text[..60], "…") : text.ToString();

    private static string Shown(ReadOnlySpan<byte> utf8) => Shown(Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, 400)]));

    private void CheckLength(int slot, int length)
    {
        if (length > limits.TextBytes)
            throw Fault($"the value of '{index.Name(slot)}' is longer than the {limits.TextBytes} bytes allowed.", index.Name(slot));
    }

    private void Settle(int slot, BindResult result, ReadOnlySpan<byte> value)
    {
        if (result == BindResult.Invalid)
            throw Fault($"'{Shown(value)}' is not {Wanted(index.Features[slot])}, which the column '{index.Name(slot)}' holds.", index.Name(slot));
        if (result == BindResult.UnknownLevel)
            Count(ref _unknown[slot], _unknown[slot].Rows == 0 ? Shown(value) : null);
    }

    private void Count(ref Tally tally, string? example)
    {
        _warn = true;
        if (tally.Rows++ == 0)
            (tally.First, tally.Example) = (Row, example);
    }

    private ImmutableArray<string> Warnings()
    {
        var warnings = ImmutableArray.CreateBuilder<string>();
        for (var slot = 0; slot < index.FeatureCount; slot++)
        {
            var (missing, unknown) = (_missing[slot], _unknown[slot]);
            if (missing.Rows > 0)
                warnings.Add($"The column '{index.Name(slot)}' is not in {Share(missing)}; it was taken as a missing value.");
            if (unknown.Rows > 0)
                warnings.Add($"The column '{index.Name(slot)}' has in {Share(unknown)} a value that was not in the training data, such as '{unknown.Example}'; it was taken as unknown.");
        }

        return warnings.ToImmutable();
    }

    private string Share(Tally tally) => tally.Rows == Row && Row == 1 ? "the row"
        : tally.Rows == Row ? $"any of the {Row} rows"
        : tally.Rows == 1 ? At(tally.First)
        : $"{tally.Rows} of {Row} rows (the first: {At(tally.First)})";

    private string At(int row) => _csv ? $"record {row + 1}" : $"rows[{row}]";

    private void NextStamp()
    {
        _features = 0;
        _values = 0;
        if (++_stamp != int.MaxValue)
            return;
        Array.Clear(_seenInRow);
        _stamp = 1;
    }

    private static bool IsUsed(ColumnKind kind) => kind is not (ColumnKind.Identifier or ColumnKind.Constant);

    private static string Wanted(ColumnSpec column) => column.Kind switch
    {
        ColumnKind.Boolean => "a truth value",
        ColumnKind.DateTime => column.DateFormat is { } format ? $"a date like {format}" : "a date",
        _ => "a number",
    };

    private struct Tally
    {
        public int Rows;
        public int First;
        public string? Example;
    }
}
