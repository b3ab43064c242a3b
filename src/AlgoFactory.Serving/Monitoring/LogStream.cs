using AlgoFactory.Learning;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Serving.Monitoring;

/// <summary>
/// The rows of one deployment's version that wait to be written. It holds what the version's log looks like, never the model: that is
/// freed when its last request is answered. Thread-safe.
/// </summary>
internal sealed class LogStream(
    PredictionLog log, ModelVersion version, LogPolicy policy, LogLayout layout, int blockRows, DateTimeOffset madeAt)
{
    /// <summary>A stream that nothing came to for that long is forgotten.</summary>
    private static readonly TimeSpan StaleAfter = TimeSpan.FromMinutes(10);

    private const int KeptBlocks = 2;

    /// <summary>What <see cref="Add"/> answers when the stream was let go of.</summary>
    public const int Closed = -1;

    private readonly Lock _gate = new();
    private readonly Stack<LogBlock> _free = new();
    private List<LogBlock> _full = [];
    private LogBlock? _open;
    private DateTimeOffset _lastUsed = madeAt;
    private bool _closed;

    public ModelVersion Version => version;

    public LogPolicy Policy => policy;

    public LogLayout Layout => layout;

    public int BlockBytes => blockRows * layout.RowBytes;

    /// <summary>Takes as many rows as there is room for; <see cref="Closed"/>: take another stream.</summary>
    public int Add(BoundRows rows, Predictions predictions, double at)
    {
        var taken = 0;
        lock (_gate)
        {
            if (_closed)
                return Closed;
            while (taken < predictions.RowCount && (_open ??= NewBlock()) is { } block)
            {
                taken += block.Add(rows, predictions, taken, at);
                if (block.Count < block.Capacity)
                    continue;
                _full.Add(block);
                _open = null;
            }
        }

        return taken;
    }

    /// <summary>Hands over what waits.</summary>
    public List<LogBlock> Seal()
    {
        lock (_gate)
        {
            var sealed_ = _full;
            _full = [];
            if (_open is { Count: > 0 })
            {
                sealed_.Add(_open);
                _open = null;
            }

            if (sealed_.Count > 0)
                _lastUsed = DateTimeOffset.MaxValue;
            return sealed_;
        }
    }

    /// <summary>Takes blocks back that were written.</summary>
    public void Return(List<LogBlock> blocks)
    {
        lock (_gate)
        {
            foreach (var block in blocks)
            {
                block.Clear();
                _free.Push(block);
            }

            // As many as were written and as many that are filled meanwhile: under a steady load none is made anew.
            while (_free.Count > Math.Max(KeptBlocks, 2 * blocks.Count))
                _free.Pop();
        }
    }

    /// <summary>Closes the stream when nothing came for long.</summary>
    public bool CloseIfStale(DateTimeOffset now)
    {
        lock (_gate)
        {
            // The first look after a write begins the wait.
            if (_lastUsed == DateTimeOffset.MaxValue)
                _lastUsed = now;
            return _closed = _open is null && _full.Count == 0 && now - _lastUsed > StaleAfter;
        }
    }

    private LogBlock? NewBlock()
    {
        if (!log.TryReserve(BlockBytes))
            return null;
        return _free.TryPop(out var free) ? free : new LogBlock(layout, blockRows);
    }
}
