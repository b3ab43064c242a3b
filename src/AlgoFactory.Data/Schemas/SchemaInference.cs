using System.Globalization;

namespace AlgoFactory.Data.Schemas;

/// <summary>Tells a column's kind and role from what its values look like, and why, in words.</summary>
internal static class SchemaInference
{
    // A few texts among numbers or dates are missing values in disguise, as long as they are few and always the same.
    private const double NearlyAll = 0.95;
    private const int MostTokens = 10;

    private static readonly (string No, string Yes)[] TruthValues =
        [("false", "true"), ("no", "yes"), ("f", "t"), ("n", "y"), ("off", "on")];

    /// <summary>The column's kind, role, confidence and reason; what the user should know goes to <paramref name="warnings"/>.</summary>
    public static ColumnSpec Infer(string name, ColumnEvidence evidence, bool decimalComma, List<string> warnings)
    {
        if (evidence.Count == 0)
            return new ColumnSpec(name, ColumnKind.Constant, ColumnRole.Ignore, 1, "no row has a value");
        if (evidence.Distinct == 1 && evidence.Missing == 0 && evidence.Count > 1)
            return new ColumnSpec(name, ColumnKind.Constant, ColumnRole.Ignore, 1, $"all {Whole(evidence.Count)} rows have the same value");
        if (evidence.Images >= NearlyAll * evidence.Count)
            return new ColumnSpec(name, ColumnKind.Image, ColumnRole.Feature, (double)evidence.Images / evidence.Count, $"{Of(evidence.Images, evidence)} are images in base64");
        return Booleans(name, evidence)
            ?? NumberKinds.Infer(name, evidence, decimalComma, warnings)
            ?? Dates(name, evidence, warnings)
            ?? TextKinds.Infer(name, evidence, warnings);
    }

    /// <summary>The texts of an otherwise numeric or dated column that count as missing, or null when they are too many or too varied.</summary>
    public static string[]? MissingTokens(ColumnEvidence evidence, long fitting, Func<string, bool> fits)
    {
        if (fitting == evidence.Count)
            return [];
        if (fitting < NearlyAll * evidence.Count || !evidence.DistinctTexts.IsExact)
            return null;
        var tokens = evidence.DistinctTexts.Texts().Select(t => t.Text).Where(t => !fits(t)).Take(MostTokens + 1).ToArray();
        return tokens.Length <= MostTokens ? tokens : null;
    }

    /// <summary>Says which texts count as missing.</summary>
    public static void WarnTokens(string name, string[] tokens, long count, List<string> warnings)
    {
        if (tokens.Length > 0)
            warnings.Add($"Column '{name}': {Whole(count)} values such as '{tokens[0]}' count as missing.");
    }

    /// <summary>A whole number for people.</summary>
    public static string Whole(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A share for people; never a rounded "100 %" or "0 %" that is not true.</summary>
    public static string Share(long part, long whole)
    {
        if (part == whole)
            return "all";
        var percent = Math.Clamp(100.0 * part / whole, 0.1, 99.9);
        return percent.ToString(percent is < 1 or > 99 ? "0.0" : "0", CultureInfo.InvariantCulture) + " %";
    }

    private static ColumnSpec? Booleans(string name, ColumnEvidence evidence)
    {
        if (evidence.Booleans == evidence.Count)
            return new ColumnSpec(name, ColumnKind.Boolean, ColumnRole.Feature, 1, $"all {Whole(evidence.Count)} values are true or false") { Levels = ["false", "true"] };
        if (evidence.Texts + evidence.Booleans != evidence.Count || !evidence.DistinctTexts.IsExact || evidence.DistinctTexts.Count > 6)
            return null;
        var texts = evidence.DistinctTexts.Texts().OrderByDescending(t => t.Count).Select(t => t.Text).ToArray();
        foreach (var (no, yes) in TruthValues)
        {
            var falses = texts.Where(t => t.Equals(no, StringComparison.OrdinalIgnoreCase)).ToArray();
            var trues = texts.Where(t => t.Equals(yes, StringComparison.OrdinalIgnoreCase)).ToArray();
            if (falses.Length > 0 && trues.Length > 0 && falses.Length + trues.Length == texts.Length)
                return new ColumnSpec(name, ColumnKind.Boolean, ColumnRole.Feature, 1, $"all {Whole(evidence.Count)} values are '{falses[0]}' or '{trues[0]}'")
                {
                    Levels = [falses[0], trues[0]],
                };
        }

        return null;
    }

    private static ColumnSpec? Dates(string name, ColumnEvidence evidence, List<string> warnings)
    {
        if (evidence.Instants > 0 && MissingTokens(evidence, evidence.Instants, t => InstantParser.TryIso(Utf8(t), out _)) is { } tokens)
        {
            WarnTokens(name, tokens, evidence.Count - evidence.Instants, warnings);
            return new ColumnSpec(name, ColumnKind.DateTime, ColumnRole.Feature, (double)evidence.Instants / evidence.Count, $"{Of(evidence.Instants, evidence)} are dates or times")
            {
                MissingTokens = [.. tokens],
            };
        }

        if (evidence.Dates.Best(out var ambiguous) is not var (format, fits)
            || MissingTokens(evidence, fits, t => InstantParser.TryExact(Utf8(t), format, out _)) is not { } strange)
            return null;
        if (ambiguous)
            warnings.Add($"Column '{name}': the dates are read as {format}, but day and month could also be the other way round.");
        WarnTokens(name, strange, evidence.Count - fits, warnings);
        return new ColumnSpec(name, ColumnKind.DateTime, ColumnRole.Feature, ambiguous ? 0.6 : (double)fits / evidence.Count, $"{Of(fits, evidence)} are dates of the form {format}")
        {
            DateFormat = format,
            MissingTokens = [.. strange],
        };
    }

    /// <summary>"94 % of 39,073 values".</summary>
    public static string Of(long part, ColumnEvidence evidence) =>
        part == evidence.Count ? $"all {Whole(evidence.Count)} values" : $"{Share(part, evidence.Count)} of {Whole(evidence.Count)} values";

    private static byte[] Utf8(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
