namespace AlgoFactory.Data.Ingest;

/// <summary>How a file is read. Everything left null is recognised from the file.</summary>
public sealed record ReadOptions
{
    /// <summary>The name of the text encoding, such as <c>windows-1252</c>; null: recognised, UTF-8 if in doubt.</summary>
    public string? Encoding { get; init; }

    /// <summary>Whether numbers are written with a decimal comma.</summary>
    public bool DecimalComma { get; init; }

    /// <summary>The separator of a delimited file; null: recognised.</summary>
    public char? Separator { get; init; }

    /// <summary>The share of broken records above which a training file is refused; in [0, 1].</summary>
    public double MaxRejectedShare { get; init; } = 0.05;

    /// <summary>Threads the reader may use.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Memory the reader may use, in MiB.</summary>
    public int MemoryLimitMiB { get; init; } = 2048;

    /// <summary>Folder for temporary files; null: the system's.</summary>
    public string? TempFolder { get; init; }
}
