using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AlgoFactory.Learning.Artefacts;

/// <summary>
/// Collects what one part of a model writes: named JSON documents and named arrays. Names are lower-case letters,
/// digits, dots, dashes and slashes. An array is: 8 bytes ASCII type and version, 8 bytes length, then little-endian values.
/// </summary>
public sealed class ArtefactSectionWriter
{
    private readonly SortedDictionary<string, byte[]> _entries;
    private readonly string _prefix;

    /// <summary>Creates an empty writer.</summary>
    public ArtefactSectionWriter() : this(new SortedDictionary<string, byte[]>(StringComparer.Ordinal), "")
    {
    }

    private ArtefactSectionWriter(SortedDictionary<string, byte[]> entries, string prefix)
    {
        _entries = entries;
        _prefix = prefix;
    }

    /// <summary>All entries written so far, by full name.</summary>
    public IReadOnlyDictionary<string, byte[]> Entries => _entries;

    /// <summary>A writer for the part below <paramref name="name"/>/.</summary>
    public ArtefactSectionWriter Section(string name) => new(_entries, $"{_prefix}{name}/");

    /// <summary>Writes a JSON document.</summary>
    public void WriteJson(string name, JsonNode value) =>
        Add($"{name}.json", JsonSerializer.SerializeToUtf8Bytes(value, ArtefactJson.Options));

    /// <summary>Writes a record as a JSON document, camelCase.</summary>
    public void WriteJson<T>(string name, T value) =>
        Add($"{name}.json", JsonSerializer.SerializeToUtf8Bytes(value, ArtefactJson.Options));

    /// <summary>Writes an array of float, double, int, long, byte, short or ushort.</summary>
    public void WriteArray<T>(string name, ReadOnlySpan<T> values) where T : unmanaged
    {
        var bytes = new byte[16 + values.Length * System.Runtime.CompilerServices.Unsafe.SizeOf<T>()];
        ArtefactJson.TypeTag<T>().CopyTo(bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), values.Length);
        MemoryMarshal.AsBytes(values).CopyTo(bytes.AsSpan(16));
        Add($"arrays/{name}.bin", bytes);
    }

    /// <summary>Writes a document that <see cref="ArtefactSection.ReadStrict"/> reads.</summary>
    internal void WriteStrict<T>(string name, T value) =>
        Add($"{name}.json", JsonSerializer.SerializeToUtf8Bytes(value, ArtefactJson.Strict));

    /// <summary>Writes a text for people, which no reader needs.</summary>
    internal void WriteText(string name, string text) => Add(name, System.Text.Encoding.UTF8.GetBytes(text));

    private void Add(string name, byte[] bytes)
    {
        var full = _prefix + name;
        if (!ArtefactNames.IsValid(full))
            throw new ArgumentException($"'{full}' cannot be an entry's name: lower-case letters, digits, dots and dashes between slashes.", nameof(name));
        if (!_entries.TryAdd(full, bytes))
            throw new ArgumentException($"'{full}' is written twice.", nameof(name));
    }
}

/// <summary>Reads what an <see cref="ArtefactSectionWriter"/> wrote. Every fault is an <see cref="ArtefactFormatException"/>.</summary>
public sealed class ArtefactSection
{
    private readonly IReadOnlyDictionary<string, ReadOnlyMemory<byte>> _entries;
    private readonly string _prefix;

    /// <summary>Creates a reader over entries that have been checked against the manifest already.</summary>
    public ArtefactSection(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> entries, string prefix = "")
    {
        _entries = entries;
        _prefix = prefix;
    }

    /// <summary>A reader for what a writer wrote, for tests and for handing a model on in memory.</summary>
    public static ArtefactSection Of(ArtefactSectionWriter writer) =>
        new(writer.Entries.ToDictionary(e => e.Key, e => (ReadOnlyMemory<byte>)e.Value, StringComparer.Ordinal));

    /// <summary>The part below <paramref name="name"/>/.</summary>
    public ArtefactSection Section(string name) => new(_entries, $"{_prefix}{name}/");

    /// <summary>Whether there is a JSON document of that name.</summary>
    public bool HasJson(string name) => _entries.ContainsKey($"{_prefix}{name}.json");

    /// <summary>Reads a JSON document into a record.</summary>
    public T ReadJson<T>(string name)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(Entry($"{_prefix}{name}.json").Span, ArtefactJson.Options)
                ?? throw new ArtefactFormatException($"'{_prefix}{name}.json' in the model file is null.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException or InvalidOperationException)
        {
            throw new ArtefactFormatException($"'{_prefix}{name}.json' in the model file is not what it should be: {e.Message}", e);
        }
    }

    /// <summary>Reads an array; its type must be the one that was written.</summary>
    public T[] ReadArray<T>(string name) where T : unmanaged
    {
        var full = $"{_prefix}arrays/{name}.bin";
        var bytes = Entry(full).Span;
        if (bytes.Length < 16 || !bytes[..8].SequenceEqual(ArtefactJson.TypeTag<T>()))
            throw new ArtefactFormatException($"'{full}' in the model file is not an array of {typeof(T).Name}.");
        var length = BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]);
        var size = System.Runtime.CompilerServices.Unsafe.SizeOf<T>();
        if (length < 0 || length > int.MaxValue || length * size != bytes.Length - 16)
            throw new ArtefactFormatException($"'{full}' in the model file says it has {length} values but holds {bytes.Length - 16} bytes.");
        return MemoryMarshal.Cast<byte, T>(bytes[16..]).ToArray();
    }

    /// <summary>Reads an array whose length is known.</summary>
    public T[] ReadArray<T>(string name, int length) where T : unmanaged
    {
        var values = ReadArray<T>(name);
        return values.Length == length
            ? values
            : throw new ArtefactFormatException($"'{_prefix}arrays/{name}.bin' in the model file has {values.Length} values instead of {length}.");
    }

    /// <summary>Reads a document of the file's own layout, whose fields must all be there.</summary>
    internal T ReadStrict<T>(string name) => ArtefactJson.Parse<T>($"{_prefix}{name}.json", Entry($"{_prefix}{name}.json").Span);

    private ReadOnlyMemory<byte> Entry(string name) => _entries.TryGetValue(name, out var bytes)
        ? bytes
        : throw new ArtefactFormatException($"The model file lacks '{name}'.");
}
