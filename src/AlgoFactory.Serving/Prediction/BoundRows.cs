using System.Collections.Immutable;
using AlgoFactory.Data.Frames;

namespace AlgoFactory.Serving.Prediction;

/// <summary>
/// The rows of a request, bound to a model's input columns. Dispose them when the answer is written: their memory serves the
/// next request. Who never disposes keeps them.
/// </summary>
public sealed class BoundRows : IDisposable
{
    private readonly Frame _frame;
    private readonly RowBinder _binder;
    private BindingScratch? _scratch;

    internal BoundRows(RowBinder binder, BindingScratch scratch, Frame frame)
    {
        _binder = binder;
        _scratch = scratch;
        _frame = frame;
    }

    /// <summary>The rows.</summary>
    /// <exception cref="ObjectDisposedException">They were disposed; the memory holds another request's rows by now.</exception>
    public Frame Frame => Volatile.Read(ref _scratch) is null ? throw new ObjectDisposedException(nameof(BoundRows)) : _frame;

    /// <summary>Sentences for the caller: missing features, unknown levels; empty when there is nothing to say.</summary>
    public ImmutableArray<string> Warnings { get; set; } = [];

    /// <summary>The id that the request gave itself, or null.</summary>
    public string? RequestId { get; internal init; }

    /// <summary>The id that is made for a request without one; 0: none was made.</summary>
    public UInt128 MadeId { get; set; }

    /// <summary>The answer's id: the request's own, or the one that was made; empty where there is neither.</summary>
    /// <param name="scratch">Room for <see cref="Monitoring.PredictionIds.Length"/> characters.</param>
    public ReadOnlySpan<char> Id(Span<char> scratch) =>
        RequestId is { Length: > 0 } own ? own : MadeId == 0 ? default : Monitoring.PredictionIds.Write(MadeId, scratch);

    /// <summary>Values that are none of their column's levels, as they stood there; at most some hundred of a request.</summary>
    public IReadOnlyList<UnknownLevel> UnknownLevels { get; internal init; } = [];

    /// <summary>What the request asks of its answer.</summary>
    public AnswerOptions Options { get; set; } = AnswerOptions.Default;

    /// <summary>Gives the memory back; a second time does nothing.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _scratch, null) is { } scratch)
            _binder.Return(scratch);
    }
}

/// <summary>A value that is none of its column's levels.</summary>
/// <param name="Row">The row.</param>
/// <param name="Column">The column's place in the frame.</param>
/// <param name="Text">The value, shortened.</param>
public readonly record struct UnknownLevel(int Row, int Column, string Text);
