using System.Globalization;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Learning.Explaining;

/// <summary>The values of columns as people read them.</summary>
public static class ColumnText
{
    // As far as dates reach that people write.
    private const double MostSeconds = 2e11;

    /// <summary>A number of a column: truth values by their names, instants as dates.</summary>
    public static string Of(double value, ColumnSpec column) => column.Kind switch
    {
        ColumnKind.Boolean when value is 0 or 1 => (column.Levels is [_, _] ? column.Levels : ["false", "true"])[(int)value],
        ColumnKind.DateTime when Math.Abs(value) < MostSeconds =>
            DateTime.UnixEpoch.AddSeconds(value).ToString(value % 86400 == 0 ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
        _ => value.ToString("G6", CultureInfo.InvariantCulture),
    };
}
