using System.Text;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Frames;

/// <summary>The order of a label's classes, which must not depend on the order of the rows.</summary>
internal static class LevelOrder
{
    /// <summary>The column with its levels sorted: by number when all are numbers, else by code unit.</summary>
    public static CategoryColumn Sort(CategoryColumn column)
    {
        var numbers = new double[column.Levels.Length];
        var allNumbers = true;
        for (var i = 0; i < numbers.Length; i++)
            allNumbers &= NumberParser.TryParse(Encoding.UTF8.GetBytes(column.Levels[i]), decimalComma: false, out numbers[i]);
        var order = Enumerable.Range(0, numbers.Length).ToArray();
        Array.Sort(order, (a, b) =>
        {
            var byNumber = allNumbers ? numbers[a].CompareTo(numbers[b]) : 0;
            return byNumber != 0 ? byNumber : string.CompareOrdinal(column.Levels[a], column.Levels[b]);
        });
        var rank = new int[order.Length];
        for (var i = 0; i < order.Length; i++)
            rank[order[i]] = i;
        var codes = new int[column.Length];
        for (var row = 0; row < codes.Length; row++)
            codes[row] = column.Codes[row] < 0 ? column.Codes[row] : rank[column.Codes[row]];
        return new CategoryColumn(column.Name, codes, [.. order.Select(i => column.Levels[i])]);
    }
}
