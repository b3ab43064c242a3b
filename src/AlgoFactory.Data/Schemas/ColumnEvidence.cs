using AlgoFactory.Data.Images;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Profiling;

namespace AlgoFactory.Data.Schemas;

/// <summary>What a pass over a column's values found, from which its kind is told.</summary>
internal sealed class ColumnEvidence(bool decimalComma)
{
    private double _last = double.NaN;

    /// <summary>Rows without a value.</summary>
    public long Missing { get; private set; }

    /// <summary>Rows with one.</summary>
    public long Count { get; private set; }

    /// <summary>Values that are numbers.</summary>
    public long Numbers { get; private set; }

    /// <summary>Numbers without a fraction.</summary>
    public long WholeNumbers { get; private set; }

    /// <summary>Whole numbers written with zeros before them, such as <c>00123</c>.</summary>
    public long LeadingZeros { get; private set; }

    /// <summary>Numbers with thousands groups, such as <c>1,234</c>.</summary>
    public long Grouped { get; private set; }

    /// <summary>Texts that are numbers only with a decimal comma, such as <c>0,5</c>.</summary>
    public long CommaNumbers { get; private set; }

    /// <summary>Numbers that are the one before plus one.</summary>
    public long Steps { get; private set; }

    /// <summary>The smallest number.</summary>
    public double Minimum { get; private set; } = double.PositiveInfinity;

    /// <summary>The largest number.</summary>
    public double Maximum { get; private set; } = double.NegativeInfinity;

    /// <summary>Truth values of the format's own.</summary>
    public long Booleans { get; private set; }

    /// <summary>Instants of the format's own, and ISO 8601 texts.</summary>
    public long Instants { get; private set; }

    /// <summary>Values that are none of these.</summary>
    public long Texts { get; private set; }

    /// <summary>Words of the texts, counted by blanks.</summary>
    public long Words { get; private set; }

    /// <summary>Bytes of the texts.</summary>
    public long TextBytes { get; private set; }

    /// <summary>Image files, and texts that are such in base64.</summary>
    public long Images { get; private set; }

    /// <summary>Texts that are UUIDs.</summary>
    public long Uuids { get; private set; }

    /// <summary>The date formats that the texts allow.</summary>
    public DateFormats Dates { get; } = new();

    /// <summary>Distinct numbers.</summary>
    public DistinctCounter DistinctNumbers { get; } = new();

    /// <summary>Distinct texts, instants and truth values.</summary>
    public DistinctCounter DistinctTexts { get; } = new();

    /// <summary>Distinct values (the sum of two estimates above <see cref="DistinctCounter.LargestExact"/>).</summary>
    public long Distinct => Math.Min(Count, DistinctNumbers.Count + DistinctTexts.Count + Images);

    /// <summary>Distinct values of a column of that kind: texts among numbers are missing values.</summary>
    public long DistinctOf(ColumnSpec spec) =>
        spec.Kind == ColumnKind.Numeric && CommaNumbers == 0 ? DistinctNumbers.Count : Math.Max(0, Distinct - spec.MissingTokens.Length);

    /// <summary>Adds a row's value.</summary>
    public void Add(Cell cell)
    {
        switch (cell.Kind)
        {
            case CellKind.Number when double.IsFinite(cell.Value):
                AddNumber(cell.Value);
                break;
            case CellKind.Boolean:
                Count++;
                Booleans++;
                DistinctTexts.Add(cell.ToText(default));
                break;
            case CellKind.Instant:
                Span<byte> scratch = stackalloc byte[Cell.LongestCanonicalText];
                Count++;
                Instants++;
                DistinctTexts.Add(cell.ToText(scratch));
                break;
            case CellKind.Text:
                AddText(ValueParser.Trim(cell.Utf8));
                break;
            case CellKind.Image:
                Count++;
                Images++;
                break;
            default:
                Missing++;
                break;
        }
    }

    private void AddNumber(double value)
    {
        Count++;
        Numbers++;
        if (Math.Floor(value) == value)
            WholeNumbers++;
        if (value == _last + 1)
            Steps++;
        _last = value;
        Minimum = Math.Min(Minimum, value);
        Maximum = Math.Max(Maximum, value);
        DistinctNumbers.Add(value);
    }

    private void AddText(ReadOnlySpan<byte> text)
    {
        if (NumberParser.TryParse(text, decimalComma, out var number))
        {
            AddNumber(number);
            if (text.Length > 1 && text[0] == '0' && char.IsAsciiDigit((char)text[1]))
                LeadingZeros++;
            if (NumberParser.IsGrouped(text, decimalComma))
                Grouped++;
            return;
        }

        if (ValueParser.IsMissing(text))
        {
            Missing++;
            return;
        }

        Count++;
        if (ImageFormats.IsBase64Image(text))
        {
            // Long, and all different as far as anybody cares: not kept to be told apart.
            Images++;
            return;
        }

        DistinctTexts.Add(text);
        if (InstantParser.TryIso(text, out _))
        {
            Instants++;
            return;
        }

        Texts++;
        TextBytes += text.Length;
        Words += 1 + text.Count((byte)' ');
        Dates.Add(text);
        if (text.Length == 36 && text[8] == '-' && text[13] == '-' && Guid.TryParseExact(System.Text.Encoding.UTF8.GetString(text), "D", out _))
            Uuids++;
        else if (!decimalComma && text.Length < 32 && text.Contains((byte)',') && NumberParser.TryParse(text, decimalComma: true, out _))
            CommaNumbers++;
    }
}
