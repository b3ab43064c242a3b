using System.Collections.Immutable;

namespace AlgoFactory.Data.Frames;

/// <summary>Puts the parts of one column below each other.</summary>
internal static class ColumnConcat
{
    /// <exception cref="ArgumentException">The parts are of different kinds, or their levels contradict each other.</exception>
    public static Column Of(string name, int rows, Column[] parts) => parts[0] switch
    {
        NumericColumn => new NumericColumn(name, Join(parts, rows, static (NumericColumn c) => c.Values)),
        CategoryColumn => new CategoryColumn(name, Join(parts, rows, static (CategoryColumn c) => c.Codes), Levels(name, parts)),
        _ => new TextColumn(name, Join(parts, rows, static (TextColumn c) => c.Values)),
    };

    private delegate ReadOnlySpan<T> Values<TColumn, T>(TColumn column);

    private static T[] Join<TColumn, T>(Column[] parts, int rows, Values<TColumn, T> values) where TColumn : Column
    {
        var (joined, at) = (new T[rows], 0);
        foreach (var part in parts)
        {
            if (part is not TColumn column)
                throw new ArgumentException($"The column '{part.Name}' is of another kind in a later part.");
            values(column).CopyTo(joined.AsSpan(at));
            at += part.Length;
        }

        return joined;
    }

    private static ImmutableArray<string> Levels(string name, Column[] parts)
    {
        ImmutableArray<string> longest = [];
        foreach (var part in parts)
        {
            var levels = ((CategoryColumn)part).Levels;
            var (shorter, longer) = levels.Length >= longest.Length ? (longest, levels) : (levels, longest);
            // Frames that were bound by one schema share one array.
            if (shorter != longer && !longer.AsSpan(0, shorter.Length).SequenceEqual(shorter.AsSpan()))
                throw new ArgumentException($"The levels of the column '{name}' differ from part to part.");
            longest = longer;
        }

        return longest;
    }
}
