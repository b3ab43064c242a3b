using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>Writes and reads the tables of <see cref="CategoryStatistics"/>; a reader trusts nothing.</summary>
internal static class CategoryStatisticsFormat
{
    private const int MaxParts = 8;
    private const int MaxWidth = 1 << 10;

    /// <summary>The JSON document beside the arrays.</summary>
    internal sealed record Header(int Tables);

    /// <summary>One table: its columns, and how many derived columns it makes.</summary>
    internal sealed record TableHeader(ImmutableArray<PartHeader> Parts, int Width);

    /// <summary>A column of a key: categories have values, numbers have bounds in an array.</summary>
    internal sealed record PartHeader(int Feature, int Values, int Bounds);

    public static void Write(CategoryStatistics statistics, ArtefactSectionWriter to)
    {
        to.WriteJson("statistics", new Header(statistics.Tables.Length));
        for (var t = 0; t < statistics.Tables.Length; t++)
        {
            var (table, section) = (statistics.Tables[t], to.Section(t.ToString(System.Globalization.CultureInfo.InvariantCulture)));
            section.WriteJson("table", new TableHeader([.. table.Parts.Select(p => new PartHeader(p.Feature, p.Values, p.Bounds.Length))], table.Width));
            section.WriteArray<float>("bounds", [.. table.Parts.SelectMany(p => p.Bounds)]);
            section.WriteArray<long>("keys", table.Keys);
            section.WriteArray<float>("values", table.Values);
            section.WriteArray<float>("prior", table.Prior);
        }
    }

    /// <param name="from">The section.</param>
    /// <param name="width">Features of the batches.</param>
    /// <param name="maxKeys">Keys of all tables together.</param>
    /// <exception cref="ArtefactFormatException">Something is not as it was written.</exception>
    public static CategoryStatistics Read(ArtefactSection from, int width, int maxKeys = CategoryStatistics.MaxKeys)
    {
        var count = from.ReadJson<Header>("statistics").Tables;
        Require(count is >= 1 and <= CategoryStatistics.MaxTables, "an impossible number of tables");
        var tables = ImmutableArray.CreateBuilder<StatisticTable>(count);
        var left = maxKeys;
        for (var t = 0; t < count; t++)
        {
            tables.Add(ReadTable(from.Section(t.ToString(System.Globalization.CultureInfo.InvariantCulture)), width, left));
            left -= tables[t].Keys.Length;
        }

        return new CategoryStatistics(tables.MoveToImmutable());
    }

    private static StatisticTable ReadTable(ArtefactSection from, int width, int left)
    {
        var header = from.ReadJson<TableHeader>("table");
        Require(!header.Parts.IsDefaultOrEmpty && header.Parts.Length <= MaxParts && header.Parts.All(p => p is not null), "an impossible number of columns");
        Require(header.Parts.All(p => p.Feature >= 0 && p.Feature < width), "a column that does not exist");
        Require(header.Parts.All(p => p.Values is >= 0 and <= CategoryStatistics.MaxCardinality && p.Bounds is >= 0 and < BinMapper.MaxValueBins), "impossible values");
        var bounds = from.ReadArray<float>("bounds", header.Parts.Sum(p => p.Bounds));
        var parts = ImmutableArray.CreateBuilder<KeyPart>(header.Parts.Length);
        var at = 0;
        foreach (var part in header.Parts)
        {
            if (part.Bounds == 0)
            {
                parts.Add(KeyPart.Category(part.Feature, part.Values));
                continue;
            }

            var own = bounds[at..(at + part.Bounds)];
            at += part.Bounds;
            for (var i = 0; i < own.Length; i++)
                Require(!float.IsNaN(own[i]) && (i == 0 || own[i] > own[i - 1]), "bounds that do not ascend");
            parts.Add(KeyPart.Number(part.Feature, own));
        }

        var all = parts.MoveToImmutable();
        var space = StatisticTable.KeySpace(all);
        Require(space > 0, "more keys than can be numbered");
        var keys = from.ReadArray<long>("keys");
        Require(keys.Length <= left, "too many keys");
        for (var i = 0; i < keys.Length; i++)
            Require(keys[i] >= 0 && keys[i] < space && (i == 0 || keys[i] > keys[i - 1]), "keys that do not ascend");
        Require(header.Width is >= 1 and <= MaxWidth, "an impossible number of derived columns");
        var prior = from.ReadArray<float>("prior", header.Width);
        Require((long)keys.Length * header.Width <= Array.MaxLength, "too many values");
        var values = from.ReadArray<float>("values", keys.Length * header.Width);
        Require(prior.All(float.IsFinite) && values.All(float.IsFinite), "a value that is no number");
        return new StatisticTable(all, keys, values, prior);
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
            throw new ArtefactFormatException($"The statistics of categories in the model file are broken: they have {what}.");
    }
}
