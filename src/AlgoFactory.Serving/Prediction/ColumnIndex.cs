using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Serving.Prediction;

/// <summary>
/// Finds a row's columns by name. A slot below <see cref="FeatureCount"/> is a feature; the others are accepted and
/// passed over. Immutable.
/// </summary>
internal sealed class ColumnIndex
{
    private readonly FrozenDictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _slots;
    private readonly ImmutableArray<string> _names;
    private readonly byte[][] _utf8;

    /// <summary>Makes the index of a schema's columns and of those the deployment lets pass.</summary>
    public ColumnIndex(Schema schema, IEnumerable<string> passThrough)
    {
        Features = [.. schema.Features];
        Inputs = [.. Enumerable.Range(0, Features.Length).Where(slot => IsInput(Features[slot].Kind))];
        var names = Features.Select(c => c.Name)
            .Concat(schema.Columns.Where(c => c.Role != ColumnRole.Feature).Select(c => c.Name))
            .Concat(passThrough)
            .Distinct(StringComparer.Ordinal);
        _names = [.. names];
        _utf8 = [.. _names.Select(Encoding.UTF8.GetBytes)];
        _slots = _names.Select((name, slot) => KeyValuePair.Create(name, slot))
            .ToFrozenDictionary(StringComparer.Ordinal)
            .GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The feature columns, in slot order.</summary>
    public ImmutableArray<ColumnSpec> Features { get; }

    /// <summary>The features that a model reads: the slots of all but identifiers and constants.</summary>
    public ImmutableArray<int> Inputs { get; }

    /// <summary>Slots below this are features.</summary>
    public int FeatureCount => Features.Length;

    /// <summary>All slots.</summary>
    public int Count => _names.Length;

    /// <summary>Whether a model reads features of that kind.</summary>
    public static bool IsInput(ColumnKind kind) => kind is not (ColumnKind.Identifier or ColumnKind.Constant);

    /// <summary>The name of a slot.</summary>
    public string Name(int slot) => _names[slot];

    /// <summary>The name of a slot in UTF-8.</summary>
    public ReadOnlySpan<byte> Utf8(int slot) => _utf8[slot];

    /// <summary>The slot of a name, or -1.</summary>
    public int Find(ReadOnlySpan<char> name) => _slots.TryGetValue(name, out var slot) ? slot : -1;

    /// <summary>The known name that is nearest to an unknown one: the fewest single-letter changes, case aside.</summary>
    public string Nearest(ReadOnlySpan<char> name)
    {
        // A name is what a person typed: comparing more than this of it costs time and finds nothing.
        name = name[..Math.Min(name.Length, 128)];
        var best = _names[0];
        var bestDistance = int.MaxValue;
        foreach (var candidate in _names)
        {
            var distance = Distance(name, candidate.AsSpan(0, Math.Min(candidate.Length, 128)));
            if (distance < bestDistance)
                (best, bestDistance) = (candidate, distance);
        }

        return best;
    }

    /// <summary>Levenshtein's distance, in one row of the table.</summary>
    private static int Distance(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        Span<int> row = stackalloc int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substitution = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitution, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[b.Length];
    }
}
