using System.Collections.Immutable;
using System.Globalization;

namespace AlgoFactory.Data.Ingest;

/// <summary>The rules for columns' names, the same for every format.</summary>
internal static class ColumnNaming
{
    /// <summary>The name of the n-th column (1 = first) when the file gives it none.</summary>
    public static string ByPlace(int place) => string.Create(CultureInfo.InvariantCulture, $"column_{place}");

    /// <summary>The names, with places for empty ones.</summary>
    /// <exception cref="DataFormatException">Two columns have one name.</exception>
    public static ImmutableArray<string> Checked(ImmutableArray<string> names)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var named = ImmutableArray.CreateBuilder<string>(names.Length);
        for (var i = 0; i < names.Length; i++)
        {
            var name = names[i].Length == 0 ? ByPlace(i + 1) : names[i];
            if (!places.TryAdd(name, i))
                throw new DataFormatException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Columns {places[name] + 1} and {i + 1} are both named '{Excerpt.Of(name)}'; give each column a name of its own."));
            named.Add(name);
        }

        return named.MoveToImmutable();
    }
}
