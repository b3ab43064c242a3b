using System.Collections.Immutable;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Ingest;

/// <summary>The error for a file that has none of the columns a stored schema asks for.</summary>
internal static class NoColumns
{
    private const int Shown = 5;

    /// <summary>The error, with some of the names of both sides.</summary>
    public static DataFormatException Error(ImmutableArray<ColumnSpec> wanted, ImmutableArray<string> there) =>
        new($"The file has none of the columns asked for ({List(wanted.Select(c => c.Name))}); it has {List(there)}.");

    private static string List(IEnumerable<string> names)
    {
        var all = names.ToList();
        var shown = string.Join(", ", all.Take(Shown).Select(n => $"'{Excerpt.Of(n)}'"));
        return all.Count > Shown ? $"{shown} and {all.Count - Shown} more" : shown;
    }
}
