using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace AlgoFactory.Learning.Tests.Artefacts;

/// <summary>
/// A model file taken apart, to be changed and put together again: with sums that fit the change (a hostile author) or
/// the old ones (a damaged file).
/// </summary>
internal sealed class TamperedFile
{
    private readonly List<(string Name, byte[] Bytes)> _entries = [];

    public TamperedFile(string path)
    {
        using var zip = ZipFile.OpenRead(path);
        foreach (var entry in zip.Entries)
        {
            using var from = entry.Open();
            var bytes = new MemoryStream();
            from.CopyTo(bytes);
            _entries.Add((entry.FullName, bytes.ToArray()));
        }
    }

    public IEnumerable<string> Names => _entries.Select(e => e.Name);

    public byte[] this[string name]
    {
        get => _entries.Single(e => e.Name == name).Bytes;
        set => _entries[_entries.FindIndex(e => e.Name == name)] = (name, value);
    }

    public TamperedFile Add(string name, byte[] bytes)
    {
        _entries.Add((name, bytes));
        return this;
    }

    public TamperedFile Remove(string name)
    {
        _entries.RemoveAll(e => e.Name == name);
        return this;
    }

    public TamperedFile EditJson(string name, Action<JsonNode> edit)
    {
        var json = JsonNode.Parse(this[name])!;
        edit(json);
        this[name] = Encoding.UTF8.GetBytes(json.ToJsonString());
        return this;
    }

    /// <summary>Makes the manifest list what is there, with sums that fit.</summary>
    public TamperedFile Resign() => EditJson("manifest.json", manifest => manifest["entries"] = new JsonArray(
        [.. _entries.Where(e => e.Name != "manifest.json").Select(e => new JsonObject
        {
            ["name"] = e.Name,
            ["length"] = e.Bytes.Length,
            ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(e.Bytes)),
        })]));

    public void Save(string path)
    {
        using var zip = new ZipArchive(File.Create(path), ZipArchiveMode.Create);
        foreach (var (name, bytes) in _entries)
        {
            using var to = zip.CreateEntry(name).Open();
            to.Write(bytes);
        }
    }
}
