using System.Collections.Immutable;
using System.Text;
using AlgoFactory.Data.Frames;

namespace AlgoFactory.Data.Ingest.JsonLines;

/// <summary>The keys of a file's objects and their columns.</summary>
internal sealed class JsonKeys
{
    private readonly Utf8Table _keys = new();

    /// <summary>No key yet.</summary>
    public JsonKeys()
    {
    }

    /// <summary>These keys, in order.</summary>
    public JsonKeys(ImmutableArray<string> names)
    {
        foreach (var name in names)
            _keys.GetOrAdd(Encoding.UTF8.GetBytes(name), out _);
    }

    /// <summary>Number of keys.</summary>
    public int Count => _keys.Count;

    /// <summary>The column of a key, or -1.</summary>
    public int Find(ReadOnlySpan<byte> key) => _keys.Find(key);

    /// <summary>The column of a key, which becomes one if it is new.</summary>
    public int GetOrAdd(ReadOnlySpan<byte> key) => _keys.GetOrAdd(key, out _);

    /// <summary>The keys as columns' names.</summary>
    public ImmutableArray<string> ToNames() =>
        ColumnNaming.Checked([.. Enumerable.Range(0, Count).Select(i => Encoding.UTF8.GetString(_keys[i]))]);
}
