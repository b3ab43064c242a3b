using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Serving.Prediction;

/// <summary>
/// What binding one request needs: the frame being built and what there will be to warn of. Reused from request to
/// request, by one at a time.
/// </summary>
internal sealed class BindingScratch(RowBinder binder, ColumnIndex index, RowLimits limits)
{
    /// <summary>Unknown levels whose texts are kept for the log: those of more rows are logged as unknown.</summary>
    private const int MaxUnknownLevels = 500;

    private readonly FrameBuilder _builder = new(index.Features);
    private readonly int[] _seenInRow = new int[index.Count];
    private readonly int[] _order = new int[index.Count];
    private readonly Tally[] _missing = new Tally[index.FeatureCount];
    private readonly Tally[] _unknown = new Tally[index.FeatureCount];
    private readonly List<UnknownLevel> _unknownLevels = [];
    private byte[] _text = new byte[256];
    private bool _csv;
    private bool _warn;
    private int _stamp;
    private int _features;
    private int _values;
    private int _columnRows;

    public ColumnIndex Index => index;

    public RowLimits Limits => limits;

    /// <summary>The row being read, from 0.</summary>
    public int Row { get; private set; }

    /// <summary>The rows of the largest request so far.</summary>
    public int PeakRows { get; private set; }

    public void Begin(bool csv)
    {
        // A request that failed half way has left rows and warnings.
        _builder.Clear();
        if (_warn)
        {
            Array.Clear(_missing);
            Array.Clear(_unknown);
            _unknownLevels.Clear();
        }

        _warn = false;
        _csv = csv;
        _columnRows = -1;
        Row = 0;
        NextStamp();
    }

    /// <summary>Where a name of a row goes.</summary>
    /// <exception cref="RowBindingException">The name is unknown, or stands in this row for the second time.</exception>
    public int Slot(ReadOnlySpan<char> name) => Enter(index.Find(name), name);

    /// <summary>
    /// As the other, for the bytes of a name without escapes. Rows mostly have their columns in one order, so the first guess is
    /// the column that stood there last time: comparing bytes costs a quarter of a look-up.
    /// </summary>
    public int Slot(ReadOnlySpan<byte> name)
    {
        if (_values < _order.Length && index.Utf8(_order[_values]).SequenceEqual(name))
            return Enter(_order[_values], default);
        Span<char> text = stackalloc char[name.Length];
        text = text[..Encoding.UTF8.GetChars(name, text)];
        var slot = index.Find(text);
        if (slot >= 0 && _values < _order.Length)
            _order[_values] = slot;
        return Enter(slot, text);
    }

    /// <summary>Notes that the row has a feature's column.</summary>
    /// <exception cref="RowBindingException">It stands in this row for the second time.</exception>
    public void Enter(int slot)
    {
        if ((uint)slot >= (uint)index.FeatureCount)
            throw new ArgumentOutOfRangeException(nameof(slot), slot, "There is no column of that number.");
        Enter(slot, default);
    }

    private int Enter(int slot, ReadOnlySpan<char> name)
    {
        if (slot < 0)
            throw Fault($"there is no column '{Shown(name)}'; the nearest known one is '{index.Nearest(name)}'.", name.ToString());
        if (++_values > limits.ValuesPerRow)
            throw Fault($"the row has more than the {limits.ValuesPerRow} values allowed.", null);
        if (_seenInRow[slot] == _stamp)
            throw Fault($"the column '{Shown(index.Name(slot))}' stands there twice.", index.Name(slot));
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

    /// <summary>Sets a typed number; NaN is missing. Its text, where a column wants one, is the canonical one.</summary>
    public void SetNumber(int slot, double value)
    {
        if (double.IsInfinity(value))
            throw Fault("an infinite value is no number.", index.Name(slot));
        var result = _builder.SetNumber(slot, value);
        if (result is BindResult.Invalid or BindResult.UnknownLevel)
            Settle(slot, result, Encoding.ASCII.GetBytes(value.ToString("R", CultureInfo.InvariantCulture)));
    }

    public void EndRow()
    {
        CountMissing(1);
        _builder.EndRow();
        Row++;
        PeakRows = Math.Max(PeakRows, Row);
        NextStamp();
    }

    /// <summary>Refuses a row beyond the limit.</summary>
    public void CheckRoom()
    {
        if (Row == limits.Rows)
            throw new RowBindingException($"The request has more than the {limits.Rows} rows allowed; send it in parts.");
    }

    /// <summary>Where a column of a request of columns goes. Its values follow, each ended with <see cref="EndCell"/>.</summary>
    /// <exception cref="RowBindingException">The name is unknown, or stands there for the second time.</exception>
    public int Column(ReadOnlySpan<char> name)
    {
        var slot = index.Find(name);
        if (slot < 0)
            throw new RowBindingException($"There is no column '{Shown(name)}'; the nearest known one is '{index.Nearest(name)}'.", column: name.ToString());
        if (++_values > limits.ValuesPerRow)
            throw new RowBindingException($"The request has more than the {limits.ValuesPerRow} columns allowed.");
        if (_seenInRow[slot] == _stamp)
            throw new RowBindingException($"The column '{Shown(name)}' stands there twice.", column: index.Name(slot));
        _seenInRow[slot] = _stamp;
        Row = 0;
        return slot;
    }

    public void EndCell(int slot)
    {
        if (slot < index.FeatureCount)
            _builder.EndCell(slot, Row);
        Row++;
    }

    /// <summary>Ends a column, which must be as long as those before.</summary>
    public void EndColumn(int slot)
    {
        if (_columnRows >= 0 && Row != _columnRows)
            throw new RowBindingException($"The column '{index.Name(slot)}' has {Row} values where those before have {_columnRows}.", column: index.Name(slot));
        _columnRows = Row;
    }

    /// <summary>Ends a request of columns: those that are absent are missing values.</summary>
    public void EndColumns()
    {
        Row = 0;
        var rows = Math.Max(0, _columnRows);
        if (rows > 0)
            CountMissing(rows);
        for (var slot = 0; slot < index.FeatureCount; slot++)
            for (var row = 0; row < rows && _seenInRow[slot] != _stamp; row++)
                _builder.EndCell(slot, row);
        _builder.EndRows(rows);
        Row = rows;
        PeakRows = Math.Max(PeakRows, rows);
    }

    public BoundRows End(string? requestId = null, AnswerOptions? options = null) => new(binder, this, _builder.Lend())
    {
        Warnings = _warn ? Warnings() : [],
        UnknownLevels = _unknownLevels,
        RequestId = requestId,
        Options = options ?? AnswerOptions.Default,
    };

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
        var most = slot < index.FeatureCount && index.Features[slot].Kind == ColumnKind.Image ? limits.ImageBytes : limits.TextBytes;
        if (length > most)
            throw Fault($"the value of '{index.Name(slot)}' is longer than the {most} bytes allowed.", index.Name(slot));
    }

    private void Settle(int slot, BindResult result, ReadOnlySpan<byte> value)
    {
        if (result == BindResult.Invalid && _builder.Problem(slot) is { } problem)
            throw Fault($"the value of '{index.Name(slot)}' is no image that can be read: {problem}.", index.Name(slot));
        if (result == BindResult.Invalid)
            throw Fault($"'{Shown(value)}' is not {Wanted(index.Features[slot])}, which the column '{index.Name(slot)}' holds.", index.Name(slot));
        if (result == BindResult.UnknownLevel)
        {
            var isKept = _unknownLevels.Count < MaxUnknownLevels;
            var text = isKept || _unknown[slot].Rows == 0 ? Shown(value) : null;
            if (isKept)
                _unknownLevels.Add(new UnknownLevel(Row, slot, text!));
            Count(ref _unknown[slot], _unknown[slot].Rows == 0 ? text : null);
        }
    }

    private void CountMissing(int rows)
    {
        // In a request of columns nothing counts the features that are there.
        if (_features == index.FeatureCount)
            return;
        for (var slot = 0; slot < index.FeatureCount; slot++)
            if (_seenInRow[slot] != _stamp && ColumnIndex.IsInput(index.Features[slot].Kind))
                Count(ref _missing[slot], null, rows);
    }

    private void Count(ref Tally tally, string? example, int rows = 1)
    {
        _warn = true;
        if (tally.Rows == 0)
            (tally.First, tally.Example) = (Row, example);
        tally.Rows += rows;
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
