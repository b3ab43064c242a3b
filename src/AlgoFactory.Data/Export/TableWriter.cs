using System.Collections.Immutable;
using AlgoFactory.Data.Ingest;

namespace AlgoFactory.Data.Export;

/// <summary>What an output column holds.</summary>
public enum OutputKind
{
    /// <summary>Text; null is missing.</summary>
    Text,

    /// <summary>32-bit numbers; NaN is missing.</summary>
    Single,

    /// <summary>64-bit numbers; NaN is missing.</summary>
    Double,
}

/// <summary>A column of an output table.</summary>
/// <param name="Name">Its name, distinct within the table.</param>
/// <param name="Kind">What it holds.</param>
public sealed record OutputColumn(string Name, OutputKind Kind);

/// <summary>
/// Writes a table row by row to CSV, or to Parquet when the file's name ends in <c>.parquet</c>. The rows go to a
/// temporary file beside the target, which takes its name in <see cref="Complete"/> only: a reader never sees half a
/// file. CSV is quoted as RFC 4180 says, in UTF-8 with a line feed after each row; numbers are the shortest that read
/// back the same. Not thread-safe.
/// </summary>
public abstract class TableWriter : IDisposable
{
    private readonly string _path;
    private bool _completed;

    private protected TableWriter(string path, ImmutableArray<OutputColumn> columns)
    {
        _path = path;
        Columns = columns;
        TemporaryPath = $"{path}.{Guid.NewGuid():N}.tmp";
    }

    /// <summary>The columns, in order.</summary>
    public ImmutableArray<OutputColumn> Columns { get; }

    private protected string TemporaryPath { get; }

    /// <summary>Starts a table.</summary>
    /// <param name="path">The file to write; one that is there is replaced at the end.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="options">Limits of the Parquet writer; null: the defaults.</param>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public static TableWriter Create(string path, ImmutableArray<OutputColumn> columns, ReadOptions? options = null)
    {
        OutputFile.Check(path);
        return path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase)
            ? new ParquetTableWriter(path, columns, options ?? new ReadOptions())
            : new CsvTableWriter(path, columns);
    }

    /// <summary>Sets the current row's text.</summary>
    public abstract void SetText(int column, string? text);

    /// <summary>Sets the current row's text; never missing.</summary>
    public virtual void SetCharacters(int column, ReadOnlySpan<char> text) => SetText(column, text.ToString());

    /// <summary>Sets the current row's number in a column of <see cref="OutputKind.Single"/>.</summary>
    public abstract void SetSingle(int column, float value);

    /// <summary>Sets the current row's number in a column of <see cref="OutputKind.Double"/>.</summary>
    public abstract void SetDouble(int column, double value);

    /// <summary>Ends the current row; values that were not set are missing.</summary>
    public abstract void EndRow();

    /// <summary>Ends the table: writes what is left, flushes it to the disk and gives the file its name.</summary>
    public void Complete()
    {
        Finish();
        File.Move(TemporaryPath, _path, overwrite: true);
        _completed = true;
    }

    /// <summary>Frees everything; without <see cref="Complete"/> nothing of the table is left.</summary>
    public void Dispose()
    {
        Release();
        if (!_completed)
            File.Delete(TemporaryPath);
        GC.SuppressFinalize(this);
    }

    private protected abstract void Finish();

    private protected abstract void Release();
}
