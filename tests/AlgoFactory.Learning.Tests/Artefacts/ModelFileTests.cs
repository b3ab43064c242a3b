using System.Security.Cryptography;
using System.Text.Json;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Artefacts;

public sealed class ModelFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(TaskKind.Binary)]
    [InlineData(TaskKind.Multiclass)]
    [InlineData(TaskKind.Regression)]
    public void What_was_saved_predicts_the_same_bits(TaskKind kind)
    {
        foreach (var learner in BuiltIn.Catalog.All.Where(l => l.Info.Tasks.HasFlag(TinyModels.Task(kind).Flag)))
        {
            var model = TinyModels.Fit(kind, 3, learner.Info.Id);
            var rows = TinyModels.Bind(model.Predictor.Schema, TinyModels.Texts(50, 99));
            model.Save(_folder["m.afm"]);
            var loaded = ModelFile.Load(_folder["m.afm"], BuiltIn.Readers);
            Bits(loaded.Predictor.Predict(rows)).ShouldBe(Bits(model.Predictor.Predict(rows)), learner.Info.Id);
        }
    }

    [Theory]
    [InlineData(TaskKind.Binary)]
    [InlineData(TaskKind.Multiclass)]
    [InlineData(TaskKind.Regression)]
    public void A_row_alone_predicts_the_same_bits_as_in_a_batch(TaskKind kind)
    {
        var learners = BuiltIn.Catalog.All.Where(l => l.Info.Tasks.HasFlag(TinyModels.Task(kind).Flag)).Select(l => l.Info.Id).ToArray();
        var predictor = TinyModels.Fit(kind, 5, learners).Predictor;
        var rows = TinyModels.Bind(predictor.Schema, TinyModels.Texts(40, 7));
        var batch = Bits(predictor.Predict(rows));
        var single = Enumerable.Range(0, rows.RowCount).SelectMany(r => Bits(predictor.Predict(rows.Take([r]))));
        single.ShouldBe(batch);
    }

    [Fact]
    public void Everything_about_the_model_comes_back()
    {
        var model = TinyModels.Fit(TaskKind.Binary, 1, "linear", "baseline");
        model.Save(_folder["m.afm"]);
        var loaded = ModelFile.Load(_folder["m.afm"], BuiltIn.Readers);
        Json(loaded.Lineage).ShouldBe(Json(model.Lineage));
        loaded.Metrics.ShouldBe(model.Metrics);
        Json(loaded.Profile).ShouldBe(Json(model.Profile));
        Json(loaded.Curves).ShouldBe(Json(model.Curves));
        loaded.FeatureImportance.ShouldBe(model.FeatureImportance);
        loaded.WarmupRows.Length.ShouldBe(3);
        loaded.WarmupRows[0].OrderBy(p => p.Key).ShouldBe(model.WarmupRows[0].OrderBy(p => p.Key));
        Json(loaded.Predictor.Schema).ShouldBe(Json(model.Predictor.Schema));
        Json(loaded.Predictor.Task).ShouldBe(Json(model.Predictor.Task));
        loaded.Predictor.Post.ShouldBe(new PostProcessing(0.4));
        loaded.Predictor.Members.Select(m => (m.Learner, m.Weight)).ShouldBe([("linear", 0.5), ("baseline", 0.5)]);
        loaded.Predictor.Members[0].Parameters.ShouldBe(model.Predictor.Members[0].Parameters);
        loaded.Lineage.Leaderboard[0].Parameters["depth"].ShouldBe(6.0);
        loaded.Lineage.Leaderboard[0].Parameters["kind"].ShouldBe("plain");
    }

    [Theory]
    [InlineData(TaskKind.Binary)]
    [InlineData(TaskKind.Multiclass)]
    [InlineData(TaskKind.Regression)]
    public void Calibration_intervals_and_sets_come_back_bit_by_bit(TaskKind kind)
    {
        var model = TinyModels.Trusted(kind);
        var rows = TinyModels.Bind(model.Predictor.Schema, TinyModels.Texts(50, 99));
        model.Save(_folder["m.afm"]);
        var loaded = ModelFile.Load(_folder["m.afm"], BuiltIn.Readers);
        Json(loaded.Predictor.Post).ShouldBe(Json(model.Predictor.Post));
        Bits(loaded.Predictor.Predict(rows)).ShouldBe(Bits(model.Predictor.Predict(rows)));
        Bits(loaded.Predictor.Predict(rows)).SequenceEqual(Bits(TinyModels.Fit(kind).Predictor.Predict(rows))).ShouldBe(kind == TaskKind.Regression);
    }

    [Fact]
    public void The_hash_is_the_sum_of_the_manifest_and_a_list_needs_nothing_else()
    {
        var hash = TinyModels.Fit().Save(_folder["m.afm"]);
        hash.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(new TamperedFile(_folder["m.afm"])["manifest.json"])));
        ModelFile.Load(_folder["m.afm"], BuiltIn.Readers).Hash.ShouldBe(hash);
        var manifest = ModelFile.ReadManifest(_folder["m.afm"]);
        manifest.Hash.ShouldBe(hash);
        manifest.Metrics["auc"].ShouldBe(0.75);
        manifest.Members.Single().Learner.ShouldBe("linear");
        manifest.Lineage.DataName.ShouldBe("people.csv");
    }

    [Fact]
    public void The_same_content_gives_the_same_bytes_also_after_loading()
    {
        TinyModels.Fit().Save(_folder["a.afm"]);
        TinyModels.Fit().Save(_folder["b.afm"]);
        ModelFile.Load(_folder["a.afm"], BuiltIn.Readers).Save(_folder["c.afm"]);
        File.ReadAllBytes(_folder["b.afm"]).ShouldBe(File.ReadAllBytes(_folder["a.afm"]));
        File.ReadAllBytes(_folder["c.afm"]).ShouldBe(File.ReadAllBytes(_folder["a.afm"]));
    }

    [Fact]
    public void A_save_that_fails_leaves_the_old_file_and_nothing_else()
    {
        File.WriteAllText(_folder["m.afm"], "old");
        Should.Throw<IOException>(() => DurableFile.Write(_folder["m.afm"], stream =>
        {
            stream.Write("half"u8);
            throw new IOException("The disk is full.");
        }));
        File.ReadAllText(_folder["m.afm"]).ShouldBe("old");
        _folder.Files.ShouldBe(["m.afm"]);
        Should.Throw<IOException>(() => TinyModels.Fit().Save(_folder["no/such/folder/m.afm"]));
    }

    [Fact]
    public void A_section_refuses_a_name_that_could_leave_it()
    {
        foreach (var name in new[] { "../x", "a//b", "/a", "a\\b", "A", ".hidden", "a b", "" })
            Should.Throw<ArgumentException>(() => new ArtefactSectionWriter().Section("members/0").WriteJson(name + "/x", 1));
        var writer = new ArtefactSectionWriter();
        writer.WriteArray<int>("a", [1]);
        Should.Throw<ArgumentException>(() => writer.WriteArray<int>("a", [2]));
    }

    private static string Json<T>(T value) => JsonSerializer.Serialize(value);

    private static int[] Bits(Predictions predictions) => [.. predictions.Scores.ToArray().Select(BitConverter.SingleToInt32Bits)];
}
