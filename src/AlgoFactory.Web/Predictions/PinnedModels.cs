using System.Globalization;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Serving.Registry;
using AlgoFactory.Web.Errors;

namespace AlgoFactory.Web.Predictions;

/// <summary>
/// Versions that callers ask for by number: loaded on the first request, kept while they are among the last used, in a
/// pool of their own so that they never push a deployment out.
/// </summary>
public sealed class PinnedModels(ModelRegistry registry, PoolOptions options) : IDisposable
{
    /// <summary>Versions kept loaded; the least recently used one goes first.</summary>
    private const int Capacity = 8;

    private readonly PredictionEnginePool _pool = new(registry, options);
    private readonly SemaphoreSlim _loading = new(1, 1);
    private readonly LinkedList<string> _lastUsed = [];
    private readonly Lock _order = new();

    /// <summary>Rents a version, loading it if need be. Dispose the lease.</summary>
    /// <exception cref="RefusedException">404: there is none.</exception>
    public async ValueTask<PredictionLease> RentAsync(string name, int version, CancellationToken cancellation)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"{name}/{version}");
        if (registry.Find(name, version) is not { } found)
        {
            _pool.Remove(key);
            throw new RefusedException(StatusCodes.Status404NotFound, $"There is no version {version} of the model '{name}'.");
        }

        while (true)
        {
            if (_pool.Rent(key) is { } lease)
            {
                Touch(key);
                return lease;
            }

            await _loading.WaitAsync(cancellation);
            try
            {
                if (_pool.Find(key) is null)
                    await _pool.SwapAsync(key, found.Id, cancellation);
                Touch(key);
            }
            finally
            {
                _loading.Release();
            }
        }
    }

    /// <summary>Frees the loaded versions when their requests are answered.</summary>
    public void Dispose()
    {
        _pool.Dispose();
        _loading.Dispose();
    }

    private void Touch(string key)
    {
        string? oldest = null;
        lock (_order)
        {
            if (_lastUsed.First?.Value == key)
                return;
            _lastUsed.Remove(key);
            _lastUsed.AddFirst(key);
            if (_lastUsed.Count > Capacity)
            {
                oldest = _lastUsed.Last!.Value;
                _lastUsed.RemoveLast();
            }
        }

        if (oldest is not null)
            _pool.Remove(oldest);
    }
}
