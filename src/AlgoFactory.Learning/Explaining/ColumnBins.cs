using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Learning.Explaining;

/// <summary>A column's rows put into a few bins with names that people read: ranges of numbers, frequent categories, missing.</summary>
/// <param name="Column">The column.</param>
/// <param name="Codes">The bin of each row.</param>
/// <param name="Names">The bins' names, such as <c>30 &lt; age ≤ 40</c>.</param>
/// <param name="Labels">The same without the column: <c>30 to 40</c>.</param>
internal sealed record ColumnBins(string Column, int[] Codes, ImmutableArray<string> Names, ImmutableArray<string> Labels)
{
    /// <summary>Bins.</summary>
    public int Count => Names.Length;

    /// <summary>
    /// Bins of a column: each number by itself where there are few, else ranges of about equally many rows; the most frequent
    /// categories and one bin for the others; one for missing values, where there are any. Null for text.
    /// </summary>
    public static ColumnBins? Of(Column column, ColumnSpec spec, int most)
    {
        var names = ImmutableArray.CreateBuilder<string>();
        var labels = ImmutableArray.CreateBuilder<string>();
        var codes = new int[column.Length];
        switch (column)
        {
            case NumericColumn numbers:
                var grid = EffectGrid.Of(column, most);
                // Ranges have one end more than there are of them.
                var isRanges = grid is { IsWhole: false };
                grid = isRanges ? EffectGrid.Of(column, most + 1) : grid;
                var distinct = grid?.Numbers ?? [.. numbers.Values.ToArray().Where(double.IsFinite).Take(1)];
                isRanges = grid is { IsWhole: false };
                for (var b = 0; b < distinct.Length - (isRanges ? 1 : 0); b++)
                    Name(b);
                for (var row = 0; row < codes.Length; row++)
                {
                    var at = distinct.BinarySearch(numbers.Values[row]);
                    codes[row] = double.IsNaN(numbers.Values[row]) ? -1 : !isRanges ? Math.Max(-1, at) : Math.Clamp((at >= 0 ? at : ~at) - 1, 0, names.Count - 1);
                }

                break;

                void Name(int b)
                {
                    var (low, high) = (ColumnText.Of(distinct[b], spec), isRanges ? ColumnText.Of(distinct[b + 1], spec) : "");
                    names.Add(!isRanges ? $"{spec.Name} = {low}"
                        : b == 0 ? $"{spec.Name} ≤ {high}"
                        : b == distinct.Length - 2 ? $"{spec.Name} > {low}" : $"{low} < {spec.Name} ≤ {high}");
                    labels.Add(!isRanges ? low : b == 0 ? $"up to {high}" : b == distinct.Length - 2 ? $"above {low}" : $"{low} to {high}");
                }

            case CategoryColumn categories:
                var frequent = EffectGrid.Of(column, most)?.Column is CategoryColumn { Codes: var points } ? points.ToArray()
                    : [.. categories.Codes.ToArray().Where(c => c >= 0).Take(1)];
                names.AddRange(frequent.Select(c => $"{spec.Name} = {categories.Levels[c]}"));
                labels.AddRange(frequent.Select(c => categories.Levels[c]));
                for (var row = 0; row < codes.Length; row++)
                    codes[row] = categories.IsMissing(row) ? -1 : Array.IndexOf(frequent, categories.Codes[row]) is >= 0 and var place ? place : frequent.Length;
                if (codes.Contains(frequent.Length))
                {
                    names.Add($"{spec.Name} is another value");
                    labels.Add("other values");
                }

                break;
            default:
                return null;
        }

        if (codes.Contains(-1))
        {
            for (var row = 0; row < codes.Length; row++)
                codes[row] = codes[row] < 0 ? names.Count : codes[row];
            names.Add($"{spec.Name} is missing");
            labels.Add("missing");
        }

        return new ColumnBins(spec.Name, codes, names.ToImmutable(), labels.ToImmutable());
    }
}
