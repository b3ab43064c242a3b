using System.Diagnostics;
using System.Globalization;
using System.Text;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Serving.Registry;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Serving.Tests.Registry;

public sealed class ModelRegistryTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _file;
    private readonly string _hash;

    public ModelRegistryTests()
    {
        _file = _folder["given.afm"];
        _hash = TinyModels.Fit().Save(_file);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_published_model_is_listed_shown_and_opened()
    {
        var registry = Open();
        registry.List().ShouldBeEmpty();
        registry.Publish("churn", _file).ShouldBe(new ModelVersion("churn", 1, _hash));
        registry.Publish("churn", _file).Version.ShouldBe(2);
        registry.Publish("a.b-c_1", _file).Version.ShouldBe(1);
        registry.List().Select(m => m.Name).ShouldBe(["a.b-c_1", "churn"]);
        var version = registry.Find("churn", 2)!;
        version.Error.ShouldBeNull();
        version.Manifest!.Metrics["auc"].ShouldBe(0.75);
        version.Id.Hash.ShouldBe(_hash);
        version.Bytes.ShouldBe(new FileInfo(_file).Length);
        registry.Open("churn", 1).Hash.ShouldBe(_hash);
        File.Exists(_file).ShouldBeTrue();
        Open().Find("churn")!.Versions.Select(v => v.Id.Version).ShouldBe([1, 2]);
    }

    [Fact]
    public void With_a_key_only_what_it_signed_is_listed_and_opened()
    {
        var signer = new ModelSigner(new string('k', ModelSigner.MinKeyLength));
        ModelRegistry Signed(ModelSigner by) => new(_folder["models"], BuiltIn.Readers, signer: by);
        Open().Publish("old", _file);
        var registry = Signed(signer);
        registry.Publish("m", _file);
        var other = _folder["other.afm"];
        TinyModels.Fit(seed: 2).Save(other);
        registry.Publish("m", other);
        registry.Find("m", 1)!.Error.ShouldBeNull();
        registry.Open("m", 2).Hash.ShouldNotBe(_hash);

        // Published before there was the key, with another key, by hand, or exchanged together with the signature of another version.
        Signed(new ModelSigner(new string('x', 40))).Publish("m", _file);
        Directory.CreateDirectory(_folder["models/m/4"]);
        File.Copy(_file, _folder["models/m/4/model.afm"]);
        foreach (var file in (string[])["model.afm", "signature"])
            File.Copy(_folder["models/m/2/" + file], _folder["models/m/1/" + file], overwrite: true);
        registry = Signed(signer);
        foreach (var (name, version) in new[] { ("old", 1), ("m", 3), ("m", 4), ("m", 1) })
        {
            registry.Find(name, version)!.Error!.ShouldContain($"algofactory models sign {name} --version {version}");
            Should.Throw<RegistryException>(() => registry.Open(name, version)).Message.ShouldContain("not signed");
        }

        foreach (var signature in (byte[][])[[], [.. File.ReadAllBytes(_folder["models/m/2/signature"]), 0]])
        {
            File.WriteAllBytes(_folder["models/m/2/signature"], signature);
            Should.Throw<RegistryException>(() => registry.Open("m", 2));
        }

        // Signed by somebody who knows better, a version is there at once.
        registry.Sign("old", 1).Hash.ShouldBe(_hash);
        registry.Find("old", 1)!.Error.ShouldBeNull();
        registry.Open("old", 1).Hash.ShouldBe(_hash);
        Should.Throw<RegistryException>(() => registry.Sign("old", 2)).Message.ShouldContain("no version 2");
        // Without a key the file's own sums hold.
        Open().Open("m", 4).Hash.ShouldBe(_hash);
    }

    [Fact]
    public void A_number_is_never_used_twice()
    {
        var registry = Open();
        registry.Publish("m", _file);
        registry.Publish("m", _file);
        registry.Delete("m", 2).ShouldBeTrue();
        registry.Delete("m", 2).ShouldBeFalse();
        registry.Find("m", 2).ShouldBeNull();
        Open().Publish("m", _file).Version.ShouldBe(3);
        registry.Delete("m", 1).ShouldBeTrue();
        registry.Delete("m", 3).ShouldBeTrue();
        registry.Find("m").ShouldBeNull();
        registry.List().ShouldBeEmpty();
        Open().Publish("m", _file).Version.ShouldBe(4);
    }

    [Fact]
    public void Publishers_at_once_get_different_numbers()
    {
        // Each with a registry of its own, as in several processes: all they share is the folder.
        var versions = new int[24];
        // All of them also clear what dead ones left.
        for (var i = 0; i < 30; i++)
            Staging(Machine(), "2147483646", "12345");
        Parallel.For(0, versions.Length, new ParallelOptions { MaxDegreeOfParallelism = 6 }, i => versions[i] = Open().Publish("m", _file).Version);
        versions.Order().ShouldBe(Enumerable.Range(1, versions.Length));
        Open().Find("m")!.Versions.ShouldAllBe(v => v.Error == null && v.Id.Hash == _hash);
        Directory.GetDirectories(Path.Combine(Root, "m"), ".staging-*").ShouldBeEmpty();
    }

    [Fact]
    public void A_broken_file_is_not_published_and_nothing_is_left()
    {
        var registry = Open();
        File.WriteAllText(_file, "no model");
        Should.Throw<ArtefactFormatException>(() => registry.Publish("m", _file));
        Should.Throw<ArtefactFormatException>(() => registry.Publish("m", _folder["absent.afm"]));
        Directory.GetFileSystemEntries(Path.Combine(Root, "m")).ShouldBeEmpty();
        registry.List().ShouldBeEmpty();
    }

    [Fact]
    public void A_version_whose_file_broke_is_listed_as_broken()
    {
        var registry = Open();
        registry.Publish("m", _file);
        registry.Publish("m", _file);
        registry.Find("m", 1)!.Error.ShouldBeNull();
        File.WriteAllBytes(registry.PathOf("m", 1), File.ReadAllBytes(_file)[..1000]);
        registry.Find("m", 1)!.Error.ShouldNotBeNull();
        registry.Find("m")!.Versions.Select(v => v.Error is null).ShouldBe([false, true]);
        Should.Throw<ArtefactFormatException>(() => registry.Open("m", 1));
        registry.Delete("m", 1).ShouldBeTrue();
    }

    [Fact]
    public void A_file_that_was_exchanged_is_not_opened()
    {
        var registry = Open();
        registry.Publish("m", _file);
        TinyModels.Fit(TaskKind.Binary, 2).Save(registry.PathOf("m", 1));
        Should.Throw<RegistryException>(() => registry.Open("m", 1, _hash)).Message.ShouldContain("not the one that was published");
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData(".hidden")]
    [InlineData("-x")]
    [InlineData("a b")]
    [InlineData("ä")]
    [InlineData("a\n")]
    [InlineData("01234567890123456789012345678901234567890123456789012345678901234")]
    public void A_name_that_is_no_name_is_refused(string name)
    {
        var registry = Open();
        Should.Throw<RegistryException>(() => registry.Publish(name, _file));
        Should.Throw<RegistryException>(() => registry.Delete(name, 1));
        registry.Find(name).ShouldBeNull();
        registry.Find(name, 1).ShouldBeNull();
        Directory.GetFileSystemEntries(Root).ShouldBeEmpty();
    }

    [Fact]
    public void What_is_no_model_folder_is_passed_over()
    {
        var registry = Open();
        registry.Publish("m", _file);
        Directory.CreateDirectory(Path.Combine(Root, "m", "notes"));
        Directory.CreateDirectory(Path.Combine(Root, "m", "7"));
        Directory.CreateDirectory(Path.Combine(Root, "empty"));
        File.WriteAllText(Path.Combine(Root, "README.md"), "Models.");
        registry.List().Single().Versions.Single().Id.Version.ShouldBe(1);
        registry.Publish("m", _file).Version.ShouldBe(8);
    }

    [Fact]
    public void What_a_crashed_publisher_left_goes_at_the_next_start_and_a_living_ones_stays()
    {
        var registry = Open();
        registry.Publish("m", _file);
        var living = StagingFolder.Create(Path.Combine(Root, "m"));
        var parts = Path.GetFileName(living).Split('-');
        using var self = Process.GetCurrentProcess();
        var dead = Staging(parts[1], "2147483646", parts[3]);
        var reused = Staging(parts[1], self.Id.ToString(CultureInfo.InvariantCulture), "12345");
        var foreign = Staging("00000000", "1", "12345");
        var foreignOld = Staging("00000001", "1", "12345");
        var strange = Path.Combine(Root, "m", ".staging-what");
        Directory.CreateDirectory(strange);
        Directory.SetLastWriteTimeUtc(foreignOld, DateTime.UtcNow.AddDays(-2));
        Open().Find("m")!.Versions.Length.ShouldBe(1);
        Directory.Exists(living).ShouldBeTrue();
        Directory.Exists(foreign).ShouldBeTrue();
        Directory.Exists(strange).ShouldBeTrue();
        Directory.Exists(dead).ShouldBeFalse();
        Directory.Exists(reused).ShouldBeFalse();
        Directory.Exists(foreignOld).ShouldBeFalse();
    }

    /// <summary>Killed while the program started, it was not told from a living one then; and its number may stay taken for long.</summary>
    [Fact]
    public void What_a_publisher_left_that_died_later_goes_at_the_next_publish()
    {
        var registry = Open();
        registry.Publish("m", _file);
        var parts = Path.GetFileName(StagingFolder.Create(Path.Combine(Root, "m"))).Split('-');
        // A dead child whose parent never asks for its end: a zombie. The child must outlive the shell, which would ask: it ends
        // with its input, and that is closed once the parent has become `sleep`.
        using var parent = Process.Start(new ProcessStartInfo("sh", ["-c", "exec 3<&0; cat <&3 >/dev/null & echo $!; exec sleep 60 3<&-"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            var zombie = parent.StandardOutput.ReadLine()!;
            var started = new DateTimeOffset(parent.StartTime).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            SpinWait.SpinUntil(() => File.ReadAllText($"/proc/{parent.Id}/comm") == "sleep\n", TimeSpan.FromSeconds(20)).ShouldBeTrue();
            parent.StandardInput.Close();
            SpinWait.SpinUntil(() => File.ReadAllText($"/proc/{zombie}/stat").Contains(") Z "), TimeSpan.FromSeconds(20)).ShouldBeTrue();
            var left = Staging(parts[1], zombie, started);
            registry.Publish("m", _file).Version.ShouldBe(2);
            Directory.Exists(left).ShouldBeFalse();
        }
        finally
        {
            parent.Kill();
        }
    }

    private string Root => _folder["models"];

    private ModelRegistry Open() => new(Root, BuiltIn.Readers);

    /// <summary>This machine in the name of a staging folder.</summary>
    private string Machine()
    {
        var folder = StagingFolder.Create(Path.Combine(Root, "m"));
        StagingFolder.Remove(folder);
        return Path.GetFileName(folder).Split('-')[1];
    }

    private string Staging(string machine, string process, string started)
    {
        var folder = Path.Combine(Root, "m", $".staging-{machine}-{process}-{started}-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "model.afm"), Encoding.ASCII.GetBytes("half"));
        return folder;
    }
}
