using System.Collections.Immutable;

namespace AlgoFactory.Learning.Recommending;

/// <summary>What a column tells of the items.</summary>
/// <param name="Name">The column.</param>
/// <param name="Levels">Its levels.</param>
/// <param name="Codes">Each item's level, by the item's code; -1 where none is known.</param>
public sealed record ItemFeature(string Name, ImmutableArray<string> Levels, ImmutableArray<int> Codes)
{
    private const char Separator = '|';

    /// <summary>An item's level, or null.</summary>
    public string? Of(int item) => Codes[item] < 0 ? null : Levels[Codes[item]];

    /// <summary>Takes out of the marked items those whose level is none of some; of a list such as <c>Crime|Drama</c> one part is enough.</summary>
    internal void Keep(bool[] items, IEnumerable<string> values)
    {
        var wanted = values.ToHashSet(StringComparer.Ordinal);
        var fits = Levels.Select(level => wanted.Contains(level) || level.Split(Separator).Any(wanted.Contains)).ToArray();
        for (var item = 0; item < items.Length; item++)
            items[item] &= Codes[item] >= 0 && fits[Codes[item]];
    }
}
