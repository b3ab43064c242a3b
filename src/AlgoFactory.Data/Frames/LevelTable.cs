using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Frames;

/// <summary>
/// The levels of a categorical column and their codes. A value that is no level by its text is looked up by what it
/// means: a number that equals a level's number (<c>1</c> from JSON and <c>1.0</c> from CSV are one level), or another
/// spelling of true and false. So the format a row comes in cannot change its level.
/// </summary>
internal sealed class LevelTable
{
    private static readonly ConditionalWeakTable<string[], LevelTable> Fixed = [];

    private readonly Utf8Table _texts = new();
    private Dictionary<double, int>? _numbers;
    private int _true = -1;
    private int _false = -1;

    /// <summary>Number of levels.</summary>
    public int Count => _texts.Count;

    /// <summary>
    /// The table of a stored list of levels. It is made once for each list and shared: a builder for one row must not
    /// cost a pass over all levels. It must not be added to.
    /// </summary>
    public static LevelTable For(ImmutableArray<string> levels) =>
        Fixed.GetValue(ImmutableCollectionsMarshal.AsArray(levels)!, static list =>
        {
            var table = new LevelTable();
            foreach (var level in list)
                table.Append(Encoding.UTF8.GetBytes(level));
            return table;
        });

    /// <summary>The code of a trimmed value, or -1.</summary>
    public int Find(ReadOnlySpan<byte> value)
    {
        var code = _texts.Find(value);
        return code >= 0 ? code : FindByMeaning(value);
    }

    /// <summary>The code of a trimmed value, which becomes a new level if it is none yet.</summary>
    public int GetOrAdd(ReadOnlySpan<byte> value)
    {
        var code = Find(value);
        return code >= 0 ? code : Append(value);
    }

    /// <summary>The levels' texts by code.</summary>
    public ImmutableArray<string> ToLevels()
    {
        var levels = ImmutableArray.CreateBuilder<string>(Count);
        for (var code = 0; code < Count; code++)
            levels.Add(Encoding.UTF8.GetString(_texts[code]));
        return levels.MoveToImmutable();
    }

    private int Append(ReadOnlySpan<byte> value)
    {
        // A stored list is distinct; should a hand-made one repeat a text, the first one keeps it.
        var code = _texts.GetOrAdd(value, out var added);
        if (!added)
            return code;
        if (TryNumber(value, out var number))
            (_numbers ??= []).TryAdd(number, code);
        else if (_true < 0 && Ascii.EqualsIgnoreCase(value, "true"u8))
            _true = code;
        else if (_false < 0 && Ascii.EqualsIgnoreCase(value, "false"u8))
            _false = code;
        return code;
    }

    private int FindByMeaning(ReadOnlySpan<byte> value)
    {
        if (_numbers is not null && TryNumber(value, out var number))
            return _numbers.TryGetValue(number, out var code) ? code : -1;
        if (_true >= 0 && Ascii.EqualsIgnoreCase(value, "true"u8))
            return _true;
        if (_false >= 0 && Ascii.EqualsIgnoreCase(value, "false"u8))
            return _false;
        return -1;
    }

    // "007" is a code, not the number 7: leading zeros keep a value out.
    private static bool TryNumber(ReadOnlySpan<byte> value, out double number)
    {
        number = double.NaN;
        if (value.Length > 1 && value[0] == '0' && char.IsAsciiDigit((char)value[1]))
            return false;
        return NumberParser.TryParse(value, decimalComma: false, out number);
    }
}
