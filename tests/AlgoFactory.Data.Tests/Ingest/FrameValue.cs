using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Tests.Ingest;

/// <summary>A frame's value as another format would hold it.</summary>
internal static class FrameValue
{
    /// <summary>A number, a text, or null; instants (which these tests only have in columns named date) as ISO text.</summary>
    public static object? Of(Column column, int row) => column switch
    {
        _ when column.IsMissing(row) => null,
        NumericColumn { Name: "date" } instants => ValueParser.InstantText(instants.Values[row]),
        NumericColumn { Name: "late" or "Records" } truth => truth.Values[row] == 1,
        NumericColumn numbers => numbers.Values[row],
        CategoryColumn categories => categories.Levels[categories.Codes[row]],
        TextColumn texts => texts.Values[row],
        _ => throw new NotSupportedException(column.GetType().Name),
    };
}
