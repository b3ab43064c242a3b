using System.Text;
using static AlgoFactory.Data.Schemas.SchemaInference;

namespace AlgoFactory.Data.Schemas;

/// <summary>The kinds of columns that hold numbers: numeric, but also row numbers, codes and dates written as numbers.</summary>
internal static class NumberKinds
{
    private const int FewestForRange = 50;

    /// <summary>The kind, or null when the column does not hold numbers.</summary>
    public static ColumnSpec? Infer(string name, ColumnEvidence evidence, bool decimalComma, List<string> warnings)
    {
        if (evidence.Numbers == 0 && evidence.CommaNumbers == 0)
            return null;
        // One value that needs a decimal comma settles how the whole column is written.
        var comma = decimalComma || (evidence.CommaNumbers > 0 && evidence.Numbers - evidence.Grouped < evidence.Count / 2 + 1);
        var numbers = evidence.Numbers + (comma ? evidence.CommaNumbers : 0);
        if (MissingTokens(evidence, numbers, t => NumberParser.TryParse(Encoding.UTF8.GetBytes(t), comma, out _)) is not { } tokens)
        {
            if (numbers > evidence.Count / 2)
                warnings.Add($"Column '{name}': {Of(numbers, evidence)} are numbers, but too many others are not; it is not read as numeric.");
            return null;
        }

        if (evidence.WholeNumbers == evidence.Count && !comma && WholeNumberKind(name, evidence) is { } kind)
            return kind;
        WarnTokens(name, tokens, evidence.Count - numbers, warnings);
        if (comma && !decimalComma)
            warnings.Add($"Column '{name}': its numbers are written with a decimal comma.");
        else if (evidence.Grouped > 0)
            warnings.Add($"Column '{name}': values such as '1,234' are read as 1234; if the comma is a decimal mark, ask for a decimal comma.");
        var whole = evidence.WholeNumbers == evidence.Numbers && !comma ? "whole numbers" : "numbers";
        return new ColumnSpec(name, ColumnKind.Numeric, ColumnRole.Feature, (double)numbers / evidence.Count, $"{Of(numbers, evidence)} are {whole}; {Whole(evidence.Distinct)} distinct values")
        {
            DecimalComma = comma,
            MissingTokens = [.. tokens],
        };
    }

    private static ColumnSpec? WholeNumberKind(string name, ColumnEvidence evidence)
    {
        if (evidence.LeadingZeros * 100 > evidence.Count)
            return evidence.Distinct >= 0.95 * evidence.Count && evidence.Count > 20
                ? Identifier(name, 0.9, $"{Of(evidence.LeadingZeros, evidence)} are numbers with zeros before them and nearly all are different: codes that name the row")
                : new ColumnSpec(name, ColumnKind.Categorical, ColumnRole.Feature, 0.9, $"{Of(evidence.LeadingZeros, evidence)} are numbers with zeros before them: codes, not quantities");
        if (IsDateNumber(name, evidence))
            return new ColumnSpec(name, ColumnKind.DateTime, ColumnRole.Feature, 0.9, $"all {Whole(evidence.Count)} values are dates of the form yyyyMMdd") { DateFormat = "yyyyMMdd" };

        var named = NameHints.IsIdentifier(name);
        // The distinct count may be an estimate, so nearly all must do.
        var unique = evidence.Distinct >= 0.97 * evidence.Count && evidence.Count >= 20;
        if (unique && evidence.Steps >= 0.95 * (evidence.Count - 1))
            return Identifier(name, 0.98, "whole numbers that count up by one from row to row");
        if (unique && named)
            return Identifier(name, 0.95, "whole numbers, nearly all different, in a column named like an identifier");
        var range = evidence.Maximum - evidence.Minimum + 1;
        if (unique && evidence.Count >= FewestForRange && range <= 1.6 * evidence.Count && !NameHints.IsTime(name))
            return Identifier(name, 0.85, "whole numbers, nearly all different, that fill one range: row numbers in another order");
        if (named && evidence.Distinct > 2)
            return new ColumnSpec(name, ColumnKind.Categorical, ColumnRole.Feature, 0.6, $"whole numbers that repeat in a column named like an identifier; {Whole(evidence.Distinct)} distinct values");
        return null;
    }

    private static bool IsDateNumber(string name, ColumnEvidence evidence)
    {
        if (!NameHints.IsTime(name) || evidence.Minimum < 1900_01_01 || evidence.Maximum > 2199_12_31)
            return false;
        return IsDay(evidence.Minimum) && IsDay(evidence.Maximum);

        static bool IsDay(double number) => InstantParser.TryExact(Encoding.UTF8.GetBytes(ValueParser.Text(number)), "yyyyMMdd", out _);
    }

    private static ColumnSpec Identifier(string name, double confidence, string reason) =>
        new(name, ColumnKind.Identifier, ColumnRole.Ignore, confidence, reason);
}
