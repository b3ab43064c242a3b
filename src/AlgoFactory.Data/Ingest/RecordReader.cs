using System.Collections.Immutable;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Ingest;

/// <summary>A table file whose format and columns are known.</summary>
internal interface ITableFile
{
    /// <summary><c>csv</c>, <c>parquet</c>, <c>jsonl</c>, <c>xlsx</c> or <c>images</c>.</summary>
    string Format { get; }

    /// <summary>The columns' names, in the file's order.</summary>
    ImmutableArray<string> ColumnNames { get; }

    /// <summary>What the user should know about how the file is read.</summary>
    ImmutableArray<string> Notes { get; }

    /// <summary>A column whose kind and role the format itself settles; null: its values tell.</summary>
    ColumnSpec? Known(string column) => null;

    /// <summary>Starts a pass over the records that hands over these columns, in this order.</summary>
    /// <param name="columns">Names out of <see cref="ColumnNames"/>.</param>
    /// <param name="cancellation">Ends the pass early.</param>
    RecordReader Read(ImmutableArray<string> columns, CancellationToken cancellation);
}

/// <summary>A forward pass over the records of a table file. Not thread-safe.</summary>
internal abstract class RecordReader : IDisposable
{
    /// <summary>Where the current record begins: its line, or its row where the format has no lines (1 = first).</summary>
    public abstract long Line { get; }

    /// <summary>Why the current record cannot be read, or null; it has no cells then.</summary>
    public abstract string? Error { get; }

    /// <summary>The current record's value of a column asked for; valid until the next <see cref="Read"/>.</summary>
    public abstract Cell this[int column] { get; }

    /// <summary>Whether the current record has a value of a column asked for, missing or not: of a broken one, as a rule, no column.</summary>
    public virtual bool Has(int column) => Error is null;

    /// <summary>Moves to the next record; false at the end.</summary>
    public abstract bool Read();

    /// <summary>The current record's beginning as it stands in the file, for messages.</summary>
    public abstract string RawExcerpt();

    /// <inheritdoc/>
    public abstract void Dispose();
}
