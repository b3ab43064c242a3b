namespace AlgoFactory.Cli.Output;

/// <summary>A table for standard output goes through a temporary file: after a failure nothing may stand there.</summary>
internal static class SpooledTable
{
    /// <summary>Lets <paramref name="write"/> write a CSV file, and copies it to standard output.</summary>
    public static T Write<T>(Func<string, T> write)
    {
        var folder = Directory.CreateTempSubdirectory("algofactory-");
        try
        {
            var spool = Path.Combine(folder.FullName, "table.csv");
            var report = write(spool);
            using var from = File.OpenRead(spool);
            using var to = Console.OpenStandardOutput();
            from.CopyTo(to);
            return report;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
