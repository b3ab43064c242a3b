using static AlgoFactory.Data.Schemas.SchemaInference;

namespace AlgoFactory.Data.Schemas;

/// <summary>The kinds of columns that hold texts: categorical, free text, identifier.</summary>
internal static class TextKinds
{
    private const int FewestForIdentifier = 20;

    // No class has a name of so many words, however few rows there are.
    private const int LevelWords = 50;

    /// <summary>The kind.</summary>
    public static ColumnSpec Infer(string name, ColumnEvidence evidence, List<string> warnings)
    {
        var distinct = evidence.Distinct;
        var share = (double)distinct / evidence.Count;
        var words = evidence.Texts == 0 ? 0 : (double)evidence.Words / evidence.Texts;
        var nearlyUnique = share >= 0.95 && evidence.Count >= FewestForIdentifier;
        if (evidence.Uuids >= 0.99 * evidence.Count && evidence.Count > 1 && share > 0.5)
            return new ColumnSpec(name, ColumnKind.Identifier, ColumnRole.Ignore, 0.99, $"{Of(evidence.Uuids, evidence)} are UUIDs");
        if (nearlyUnique && words < 1.5 && distinct > FewestForIdentifier)
            return new ColumnSpec(name, ColumnKind.Identifier, ColumnRole.Ignore, NameHints.IsIdentifier(name) ? 0.95 : 0.75, $"single words, {Different(distinct, evidence)}: they name the row");

        // Free text does not come again, or is too long for a level's name.
        var isText = (words >= 3 && share >= 0.4 && distinct > FewestForIdentifier) || (words >= 8 && distinct > 100) || (words >= LevelWords && share >= 0.4 && distinct > 2);
        if (isText)
            return new ColumnSpec(name, ColumnKind.Text, ColumnRole.Feature, Math.Min(0.99, 0.6 + 0.4 * share), string.Create(
                System.Globalization.CultureInfo.InvariantCulture, $"{words:0.#} words on average, {Different(distinct, evidence)}"));
        if (evidence.Numbers > 0 && evidence.Numbers <= evidence.Count / 2)
            warnings.Add($"Column '{name}': {Of(evidence.Numbers, evidence)} are numbers among texts; all are read as levels.");
        return new ColumnSpec(name, ColumnKind.Categorical, ColumnRole.Feature, Math.Clamp(1 - share, 0.5, 0.99), $"texts that repeat: {Whole(distinct)} distinct among {Whole(evidence.Count)} values");
    }

    private static string Different(long distinct, ColumnEvidence evidence) =>
        distinct >= evidence.Count ? "all different" : $"{Share(distinct, evidence.Count)} of {Whole(evidence.Count)} values different";
}
