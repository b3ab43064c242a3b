using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;
using AlgoFactory.TestKit;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Artefacts;

/// <summary>Whatever is done to a file, reading it ends in a good model or in one sentence.</summary>
public sealed class HostileModelFileTests : IDisposable
{
    private const string Manifest = "manifest.json";

    private readonly TempFolder _folder = new();
    private readonly string _good;
    private readonly string _bad;

    public HostileModelFileTests()
    {
        _good = _folder["good.afm"];
        _bad = _folder["bad.afm"];
        TinyModels.Fit().Save(_good);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_cut_short_anywhere_is_refused()
    {
        File.Copy(_good, _bad);
        for (var length = new FileInfo(_bad).Length - 1; length >= 0; length--)
        {
            using (var file = File.OpenHandle(_bad, FileMode.Open, FileAccess.Write))
                RandomAccess.SetLength(file, length);
            Refused();
        }
    }

    [Fact]
    public void Two_thousand_random_changes_end_in_the_same_model_or_one_sentence()
    {
        var bytes = File.ReadAllBytes(_good);
        var hash = ModelFile.Load(_good, BuiltIn.Readers).Hash;
        var random = new Sequence(11);
        var refused = 0;
        for (var i = 0; i < 2000; i++)
        {
            var changed = (byte[])bytes.Clone();
            for (var n = random.Next(1, 4); n > 0; n--)
                changed[random.Next(0, changed.Length)] = (byte)random.NextBits();
            File.WriteAllBytes(_bad, changed);
            try
            {
                // A change in what zip says beside the content (times, attributes) changes no model.
                ModelFile.Load(_bad, BuiltIn.Readers).Hash.ShouldBe(hash);
            }
            catch (ArtefactFormatException e)
            {
                e.Message.ShouldNotBeNullOrWhiteSpace();
                refused++;
            }
        }

        refused.ShouldBeGreaterThan(1500);
    }

    [Fact]
    public void Random_changes_of_an_entry_with_fitting_sums_end_in_a_model_or_one_sentence()
    {
        var names = new TamperedFile(_good).Names.Where(n => n != Manifest).ToArray();
        var random = new Sequence(12);
        var refused = 0;
        for (var i = 0; i < 400; i++)
        {
            var file = new TamperedFile(_good);
            var entry = file[names[random.Next(0, names.Length)]];
            if (entry.Length == 0)
                continue;
            for (var n = random.Next(1, 4); n > 0; n--)
                entry[random.Next(0, entry.Length)] = (byte)random.NextBits();
            file.Resign().Save(_bad);
            try
            {
                ModelFile.Load(_bad, BuiltIn.Readers);
            }
            catch (ArtefactFormatException e)
            {
                e.Message.ShouldNotBeNullOrWhiteSpace();
                refused++;
            }
        }

        refused.ShouldBeGreaterThan(50);
    }

    [Fact]
    public void Random_changes_of_the_manifest_end_in_a_model_or_one_sentence()
    {
        var random = new Sequence(13);
        for (var i = 0; i < 400; i++)
        {
            var file = new TamperedFile(_good);
            var manifest = file[Manifest];
            manifest[random.Next(0, manifest.Length)] = (byte)random.Next(32, 127);
            file.Save(_bad);
            try
            {
                ModelFile.Load(_bad, BuiltIn.Readers);
            }
            catch (ArtefactFormatException e)
            {
                e.Message.ShouldNotBeNullOrWhiteSpace();
            }
        }
    }

    [Fact]
    public void A_damaged_entry_is_found_by_its_sum()
    {
        var file = new TamperedFile(_good);
        var name = file.Names.First(n => n.EndsWith(".bin", StringComparison.Ordinal));
        file[name][^1] ^= 1;
        file.Save(_bad);
        Refused().ShouldContain("does not have the sum");
    }

    [Fact]
    public void A_length_that_is_a_lie_takes_no_memory()
    {
        foreach (var length in new[] { 0L, 5, 4000, int.MaxValue, uint.MaxValue, long.MaxValue, -1 })
        {
            new TamperedFile(_good).EditJson(Manifest, m => m["entries"]![0]!["length"] = length).Save(_bad);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Refused();
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(8 << 20);
        }
    }

    [Fact]
    public void An_array_that_says_it_is_longer_than_its_bytes_is_refused()
    {
        foreach (var length in new[] { -1L, int.MaxValue, long.MaxValue, long.MinValue })
        {
            var file = new TamperedFile(_good);
            var name = file.Names.First(n => n.EndsWith("/weights.bin", StringComparison.Ordinal));
            BinaryPrimitives.WriteInt64LittleEndian(file[name].AsSpan(8), length);
            file.Resign().Save(_bad);
            Refused().ShouldContain("says it has");
        }
    }

    [Fact]
    public void A_zip_bomb_is_refused_before_it_is_unpacked()
    {
        new TamperedFile(_good).Add("members/0/model/arrays/bomb.bin", new byte[32 << 20]).Resign().Save(_bad);
        new FileInfo(_bad).Length.ShouldBeLessThan(100_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused(_bad, new ArtefactLimits { BombFloorBytes = 16 << 20 }).ShouldContain("times its size");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(8 << 20);
    }

    [Fact]
    public void Limits_hold()
    {
        Refused(_good, new ArtefactLimits { FileBytes = 1000 }).ShouldContain("at most 1000");
        Refused(_good, new ArtefactLimits { UnpackedBytes = 1000 }).ShouldContain("1000 bytes allowed");
        Refused(_good, new ArtefactLimits { Entries = 3 }).ShouldContain("3 entries");
        Refused(_good, new ArtefactLimits { JsonBytes = 100 }).ShouldContain("larger than");
        Refused(_good, new ArtefactLimits { JsonDepth = 2 }).ShouldContain("deeper");
    }

    [Theory]
    [InlineData("../evil.json")]
    [InlineData("/etc/evil.json")]
    [InlineData("members/../../evil.json")]
    [InlineData("members\\0\\evil.json")]
    [InlineData("C:/evil.json")]
    [InlineData("members//evil.json")]
    [InlineData("./evil.json")]
    [InlineData("EVIL.json")]
    [InlineData("evil.json\n")]
    public void A_name_that_leads_out_is_refused(string name)
    {
        new TamperedFile(_good).Add(name, "{}"u8.ToArray()).Resign().Save(_bad);
        Refused().ShouldContain("name");
    }

    [Fact]
    public void An_entry_twice_an_unlisted_one_and_a_missing_one_are_refused()
    {
        new TamperedFile(_good).Add("post.json", "{}"u8.ToArray()).Save(_bad);
        Refused().ShouldContain("twice");
        new TamperedFile(_good).Add("more.json", "{}"u8.ToArray()).Save(_bad);
        Refused().ShouldContain("does not list");
        foreach (var name in new TamperedFile(_good).Names)
        {
            new TamperedFile(_good).Remove(name).Save(_bad);
            Refused().ShouldContain($"lacks '{name}'");
        }

        foreach (var name in new[] { "combiner.json", "post.json", "profile.json", "members/0/pipeline/pipeline.json", "members/0/model/linear.json" })
        {
            new TamperedFile(_good).Remove(name).Resign().Save(_bad);
            Refused().ShouldContain("lacks");
        }
    }

    [Fact]
    public void Deep_JSON_is_refused()
    {
        var deep = new string('[', 5000) + new string(']', 5000);
        foreach (var name in new[] { "post.json", "profile.json", "members/0/model/linear.json" })
        {
            var file = new TamperedFile(_good);
            file[name] = Encoding.UTF8.GetBytes(deep);
            file.Resign().Save(_bad);
            Refused().ShouldContain("deeper");
        }

        var manifest = new TamperedFile(_good);
        manifest[Manifest] = Encoding.UTF8.GetBytes("{\"x\":" + deep + "}");
        manifest.Save(_bad);
        Refused().ShouldContain("deeper");
    }

    [Fact]
    public void An_unknown_version_or_format_is_named()
    {
        Edit(m => m["formatVersion"] = 2).ShouldContain("format version 2");
        Edit(m => m["format"] = "other").ShouldContain("no AlgoFactory model");
        Edit(m => m["members"]![0]!["format"] = "linear/99").ShouldContain("'linear/99'");
        EditEntry("combiner.json", j => j["format"] = "stack/1").ShouldContain("'stack/1'");
        EditEntry("post.json", j => j["format"] = "isotonic/1").ShouldContain("'isotonic/1'");
        EditEntry("members/0/pipeline/pipeline.json", j => j["featurizers"]![0] = "magic/1").ShouldContain("'magic/1'");
    }

    [Fact]
    public void A_manifest_that_contradicts_itself_is_refused()
    {
        Edit(m => m["members"] = new JsonArray()).ShouldContain("0 members");
        Edit(m => m["members"] = null).ShouldContain("$.members");
        Edit(m => m["task"]!["classes"]!.AsArray().Add("maybe")).ShouldContain("3 classes");
        Edit(m => m["task"]!["classes"]![0] = "yes").ShouldContain("twice");
        Edit(m => m["task"]!["kind"] = "sorting").ShouldContain("$.task.kind");
        Edit(m => m["schema"]!["columns"]![1]!["name"] = "id").ShouldContain("twice");
        Edit(m => m["schema"]!["columns"]![1]!["name"] = null).ShouldContain("$.schema");
        Edit(m => m["schema"]!["columns"] = new JsonArray()).ShouldContain("no columns");
        Edit(m => m["task"] = JsonNode.Parse("""{"kind":"multiclass","label":"outcome","classes":["a","b","c"]}""")).ShouldContain("scores a row");
        EditEntry("combiner.json", j => j["weights"] = new JsonArray(0.5)).ShouldContain("sum to 1");
        EditEntry("combiner.json", j => j["weights"] = new JsonArray(0.5, 0.5)).ShouldContain("2 weights");
        EditEntry("combiner.json", j => j["weights"] = new JsonArray("NaN")).ShouldContain("sum to 1");
        EditEntry("post.json", j => j["threshold"] = "NaN").ShouldContain("threshold");
    }

    [Fact]
    public void What_is_no_model_file_is_refused()
    {
        Refused(_folder["absent.afm"]).ShouldContain("no model file 'absent.afm'");
        File.WriteAllText(_bad, "a,b\n1,2\n");
        Refused();
        File.WriteAllBytes(_bad, new byte[100_000]);
        Refused();
        Refused(Path.GetDirectoryName(_bad)!);
    }

    private string Edit(Action<JsonNode> edit)
    {
        new TamperedFile(_good).EditJson(Manifest, edit).Save(_bad);
        return Refused();
    }

    private string EditEntry(string name, Action<JsonNode> edit)
    {
        new TamperedFile(_good).EditJson(name, edit).Resign().Save(_bad);
        return Refused();
    }

    private string Refused(string? path = null, ArtefactLimits? limits = null)
    {
        try
        {
            // Not Should.Throw: it looks at the stack of each of ten thousand calls.
            ModelFile.Load(path ?? _bad, BuiltIn.Readers, limits);
        }
        catch (ArtefactFormatException e)
        {
            e.Message.ShouldNotBeNullOrWhiteSpace();
            return e.Message;
        }

        throw new ShouldAssertException("The file was read, though it should be refused.");
    }
}
