using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Ingest.Delimited;

/// <summary>Tells whether a delimited file begins with its columns' names, and which names its columns have.</summary>
internal static class CsvHeader
{
    /// <summary>The most columns a table may have.</summary>
    public const int MostColumns = 100_000;

    private const int Records = 100;

    /// <summary>Whether the first record of the sample is a header.</summary>
    /// <remarks>
    /// It is when the columns that hold numbers or dates below it begin with something else; where no column does,
    /// when its texts are all different and do not come again below.
    /// </remarks>
    public static bool IsThere(byte[] sample, CsvDialect dialect)
    {
        using var records = new CsvTokenizer(new MemoryStream(sample, writable: false), dialect, validate: false, Math.Max(16, sample.Length + 1));
        if (!records.Read() || records.Error is not null)
            return true;
        var first = new string[records.FieldCount];
        for (var i = 0; i < first.Length; i++)
            first[i] = Encoding.UTF8.GetString(ValueParser.Trim(records[i]));
        if (IsCounting(first) || HasYears(first))
            return true;

        var typed = new int[first.Length];
        var filled = new int[first.Length];
        var repeats = 0;
        for (var read = 0; read < Records && records.Read();)
        {
            if (records.FieldCount != first.Length)
                continue;
            read++;
            for (var i = 0; i < first.Length; i++)
            {
                var value = ValueParser.Trim(records[i]);
                if (ValueParser.IsMissing(value))
                    continue;
                filled[i]++;
                typed[i] += IsTyped(value) ? 1 : 0;
                repeats += value.SequenceEqual(Encoding.UTF8.GetBytes(first[i])) ? 1 : 0;
            }
        }

        int typedColumns = 0, typedHeads = 0;
        for (var i = 0; i < first.Length; i++)
        {
            if (filled[i] == 0 || typed[i] < filled[i] * 0.9)
                continue;
            typedColumns++;
            typedHeads += IsTyped(Encoding.UTF8.GetBytes(first[i])) ? 1 : 0;
        }

        if (typedColumns > 0)
            return typedHeads * 2 < typedColumns;
        return repeats == 0 && first.Distinct(StringComparer.Ordinal).Count() == first.Length && !first.Any(f => IsTyped(Encoding.UTF8.GetBytes(f)));
    }

    /// <summary>The names in the first record: without blanks around them; a column without one is named by its place.</summary>
    /// <exception cref="DataFormatException">Two columns have one name, or there are too many.</exception>
    public static ImmutableArray<string> Names(CsvTokenizer first)
    {
        if (first.FieldCount > MostColumns)
            throw new DataFormatException(string.Create(
                CultureInfo.InvariantCulture, $"The first line has {first.FieldCount:N0} fields; a table may have {MostColumns:N0} columns at most."));
        var names = ImmutableArray.CreateBuilder<string>(first.FieldCount);
        for (var i = 0; i < first.FieldCount; i++)
            names.Add(Encoding.UTF8.GetString(ValueParser.Trim(first[i])));
        // A separator at the end of each line makes one more column without name or value.
        return ColumnNaming.Checked(names.MoveToImmutable());
    }

    /// <summary>Names by place: <c>column_1</c>, <c>column_2</c> and so on.</summary>
    public static ImmutableArray<string> Places(int count) => [.. Enumerable.Range(1, count).Select(ColumnNaming.ByPlace)];

    private static bool IsTyped(ReadOnlySpan<byte> value) =>
        NumberParser.TryParse(value, decimalComma: false, out _)
        || NumberParser.TryParse(value, decimalComma: true, out _)
        || InstantParser.TryIso(value, out _);

    // Years side by side are columns' names; as values they would stand below one another.
    private static bool HasYears(string[] fields)
    {
        var years = fields.Where(f => f.Length == 4 && int.TryParse(f, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(f => int.Parse(f, CultureInfo.InvariantCulture)).ToArray();
        return years.Length >= 2
            && years.All(y => y is > 1900 and < 2100)
            && years.Zip(years.Skip(1)).All(p => p.Second == p.First + 1);
    }

    // 0, 1, 2, ... is how tables without names are often written.
    private static bool IsCounting(string[] fields)
    {
        if (fields.Length < 3 || (fields[0] != "0" && fields[0] != "1"))
            return false;
        var from = fields[0] == "0" ? 0 : 1;
        for (var i = 0; i < fields.Length - 1; i++)
            if (fields[i] != (i + from).ToString(CultureInfo.InvariantCulture))
                return false;
        return true;
    }
}
