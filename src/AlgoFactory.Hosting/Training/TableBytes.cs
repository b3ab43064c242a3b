using AlgoFactory.Data.Images;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Hosting.Training;

/// <summary>What a table takes when it is held by column in memory.</summary>
internal static class TableBytes
{
    /// <summary>What a string takes beside its characters, with the reference to it.</summary>
    private const double BytesOfString = 32;

    /// <summary>The bytes of the columns that are not ignored, from the profile.</summary>
    public static double Estimate(Schema schema, DatasetProfile profile)
    {
        var bytes = 0.0;
        foreach (var column in schema.Columns.Where(c => c.Role != ColumnRole.Ignore))
        {
            bytes += column.Kind switch
            {
                ColumnKind.Numeric or ColumnKind.Boolean or ColumnKind.DateTime => sizeof(double),
                ColumnKind.Categorical => sizeof(int),
                ColumnKind.Image => ImageDecoder.Length + ImageDecoder.DetailLength,
                _ => BytesOfString + sizeof(char) * (profile.Find(column.Name)?.MeanLength ?? 16),
            };
        }

        return bytes * profile.RowCount;
    }
}
