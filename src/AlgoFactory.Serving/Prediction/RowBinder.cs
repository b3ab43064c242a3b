using System.Buffers;
using System.Text.Unicode;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Serving.Prediction;

/// <summary>
/// Binds the rows of a request to a model's input columns by its stored schema; nothing is sniffed. All values go
/// through <see cref="Data.Frames.FrameBuilder"/>, as those of files do: the same row gives the same bits.
/// Immutable and thread-safe.
/// </summary>
/// <remarks>
/// The label, ignored, weight, group and pass-through columns are accepted and passed over; any other unknown name is
/// refused with the nearest known one. A feature that is not there is a missing value, never zero, and told in
/// <see cref="BoundRows.Warnings"/>; a JSON null is a missing value that needs no telling.
/// </remarks>
public sealed class RowBinder
{
    private const int MaxKeptRows = 256;

    private readonly ColumnIndex _index;
    private readonly RowLimits _limits;

    // A few scratches are kept; under more load than that, making one costs little against the load itself.
    private readonly BindingScratch?[] _scratches = new BindingScratch?[2 * Environment.ProcessorCount];

    /// <summary>Creates a binder.</summary>
    /// <param name="schema">The model's stored schema.</param>
    /// <param name="passThrough">Names that callers may send beside the schema's; null: none.</param>
    /// <param name="limits">What a request may hold; null: the defaults.</param>
    public RowBinder(Schema schema, IEnumerable<string>? passThrough = null, RowLimits? limits = null)
    {
        _index = new ColumnIndex(schema, passThrough ?? []);
        _limits = limits ?? RowLimits.Default;
    }

    /// <summary>
    /// Binds <c>{"rows":[{column: value}, …]}</c> or <c>{"columns":{column: [value, …], …}}</c>, with an <c>id</c> of the request
    /// and <see cref="AnswerOptions"/> or without.
    /// </summary>
    /// <param name="body">UTF-8 JSON.</param>
    /// <param name="options">What is asked for where the body says nothing; null: the defaults.</param>
    /// <exception cref="RowBindingException">The body is no such request, or a row does not fit the model.</exception>
    public BoundRows BindJson(ReadOnlySpan<byte> body, AnswerOptions? options = null)
    {
        CheckUtf8(body);
        var scratch = Take();
        try
        {
            return JsonRequest.Bind(body, scratch, options ?? AnswerOptions.Default);
        }
        catch
        {
            Return(scratch);
            throw;
        }
    }

    /// <summary>Binds a JSON body that came in pieces.</summary>
    /// <exception cref="RowBindingException">The body is no such request, or a row does not fit the model.</exception>
    public BoundRows BindJson(ReadOnlySequence<byte> body, AnswerOptions? options = null) =>
        body.IsSingleSegment ? BindJson(body.FirstSpan, options) : Join(body, span => BindJson(span, options));

    /// <summary>Binds a CSV body: a line of names, then the records.</summary>
    /// <param name="body">UTF-8, with or without a byte-order mark.</param>
    /// <param name="separator">What stands between fields: an ASCII character.</param>
    /// <param name="options">What is asked for; null: the defaults.</param>
    /// <exception cref="RowBindingException">The body is no CSV, or a record does not fit the model.</exception>
    public BoundRows BindCsv(ReadOnlySpan<byte> body, char separator = ',', AnswerOptions? options = null)
    {
        if (!char.IsAscii(separator) || separator is '"' or '\n' or '\r')
            throw new RowBindingException("The separator must be an ASCII character other than a quote or line end.");
        CheckUtf8(body);
        var scratch = Take();
        try
        {
            return CsvRows.Bind(body, separator, scratch, options ?? AnswerOptions.Default);
        }
        catch
        {
            Return(scratch);
            throw;
        }
    }

    /// <summary>Binds a CSV body that came in pieces.</summary>
    /// <exception cref="RowBindingException">The body is no CSV, or a record does not fit the model.</exception>
    public BoundRows BindCsv(ReadOnlySequence<byte> body, char separator = ',', AnswerOptions? options = null) =>
        body.IsSingleSegment ? BindCsv(body.FirstSpan, separator, options) : Join(body, span => BindCsv(span, separator, options));

    /// <summary>Binds an inference request of the Open Inference Protocol v2: named columns as typed tensors.</summary>
    /// <exception cref="RowBindingException">The body is no such request, or a value does not fit the model.</exception>
    public BoundRows BindTensors(ReadOnlySequence<byte> body, AnswerOptions? options = null) =>
        body.IsSingleSegment ? BindTensors(body.FirstSpan, options) : Join(body, span => BindTensors(span, options));

    /// <summary>Binds an inference request of the Open Inference Protocol v2.</summary>
    /// <exception cref="RowBindingException">The body is no such request, or a value does not fit the model.</exception>
    public BoundRows BindTensors(ReadOnlySpan<byte> body, AnswerOptions? options = null)
    {
        CheckUtf8(body);
        var scratch = Take();
        try
        {
            return TensorRequest.Bind(body, scratch, options ?? AnswerOptions.Default);
        }
        catch
        {
            Return(scratch);
            throw;
        }
    }

    /// <summary>The columns that a model reads, in the order in which a matrix has them.</summary>
    public IEnumerable<ColumnSpec> Inputs => _index.Inputs.Select(slot => _index.Features[slot]);

    /// <summary>Begins to bind rows from typed values, inside the process.</summary>
    public RowWriter Write()
    {
        var scratch = Take();
        scratch.Begin(csv: false);
        return new RowWriter(scratch);
    }

    private delegate BoundRows BindSpan(ReadOnlySpan<byte> body);

    private static BoundRows Join(ReadOnlySequence<byte> body, BindSpan bind)
    {
        var joined = ArrayPool<byte>.Shared.Rent(checked((int)body.Length));
        try
        {
            body.CopyTo(joined);
            return bind(joined.AsSpan(0, (int)body.Length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(joined);
        }
    }

    private static void CheckUtf8(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
            throw new RowBindingException("The body is not UTF-8; send it in that encoding.");
    }

    private BindingScratch Take()
    {
        for (var i = 0; i < _scratches.Length; i++)
            if (Volatile.Read(ref _scratches[i]) is not null && Interlocked.Exchange(ref _scratches[i], null) is { } scratch)
                return scratch;
        return new BindingScratch(this, _index, _limits);
    }

    internal void Return(BindingScratch scratch)
    {
        // A large request's arrays and texts would stay in memory for the many small ones that follow.
        if (scratch.PeakRows > MaxKeptRows)
            return;
        for (var i = 0; i < _scratches.Length; i++)
            if (Volatile.Read(ref _scratches[i]) is null && Interlocked.CompareExchange(ref _scratches[i], scratch, null) is null)
                return;
    }
}
