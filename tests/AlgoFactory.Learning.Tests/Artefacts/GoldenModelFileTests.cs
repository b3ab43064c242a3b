using System.Collections.Immutable;
using System.IO.Compression;
using System.Text.Json;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Artefacts;

/// <summary>
/// Files that earlier versions wrote, one for each format version and task, with the rows they were asked and the bits
/// they answered. They are never made anew: a change that breaks one needs a new format version beside the old reader.
/// </summary>
/// <remarks>
/// To add the files of a new version, name a folder: <c>ALGOFACTORY_GOLDEN=FOLDER dotnet test --filter Golden</c>.
/// </remarks>
public sealed class GoldenModelFileTests
{
    public static TheoryData<string> Names => [.. Directory.EnumerateFiles(Folder, "*.afm").Select(f => Path.GetFileNameWithoutExtension(f)).Order()];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Artefacts", "Golden");

    [Theory]
    [MemberData(nameof(Names))]
    public void A_released_file_still_predicts_the_same_bits(string name)
    {
        var model = ModelFile.Load(Path.Combine(Folder, name + ".afm"), BuiltIn.Readers);
        var answer = JsonSerializer.Deserialize<Answer>(File.ReadAllBytes(Path.Combine(Folder, name + ".json")))!;
        model.Hash.ShouldBe(answer.Hash);
        ShouldAnswer(model, answer);
    }

    private static void ShouldAnswer(ModelFile model, Answer answer)
    {
        var bits = Bits(model, answer.Rows);
        if (answer.Tolerance == 0)
            bits.ShouldBe(answer.Bits);
        else
            bits.Select(BitConverter.Int32BitsToSingle).Zip(answer.Bits.Select(BitConverter.Int32BitsToSingle)).ShouldAllBe(p => Math.Abs(p.First - p.Second) <= answer.Tolerance);
    }

    [Fact]
    public void There_is_a_file_of_each_format()
    {
        var written = Directory.EnumerateFiles(Folder, "*.afm").SelectMany(Documents).ToArray();

        BuiltIn.Readers.Formats.Where(f => !written.Any(d => d.Contains($"\"{f}\"", StringComparison.Ordinal))).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(TaskKind.Binary)]
    [InlineData(TaskKind.Multiclass)]
    [InlineData(TaskKind.Regression)]
    public void The_generator_makes_files_that_the_test_accepts(TaskKind kind)
    {
        using var temporary = new TempFolder();
        var folder = Environment.GetEnvironmentVariable("ALGOFACTORY_GOLDEN") ?? temporary["golden"];
        var path = Generate(folder, kind);
        var answer = JsonSerializer.Deserialize<Answer>(File.ReadAllBytes(Path.ChangeExtension(path, ".json")))!;
        var model = ModelFile.Load(path, BuiltIn.Readers);
        model.Hash.ShouldBe(answer.Hash);
        Bits(model, answer.Rows).ShouldBe(answer.Bits);
        var trees = (GbdtModel)model.Predictor.Members.Single(m => m.Model is GbdtModel).Model;
        trees.Ensemble.Trees.ShouldContain(t => t.Feature.Any(f => f >= trees.Ensemble.Width), "no tree asks for a statistic of categories");
        model.Predictor.Members.Length.ShouldBe(BuiltIn.Catalog.All.Count(l => l.Info.Tasks.HasFlag(TinyModels.Task(kind).Flag)));
    }

    [Theory]
    [InlineData(TaskKind.Rating)]
    [InlineData(TaskKind.Ranking)]
    public void The_generator_makes_recommenders_that_the_test_accepts(TaskKind kind)
    {
        using var temporary = new TempFolder();
        var folder = Environment.GetEnvironmentVariable("ALGOFACTORY_GOLDEN") ?? temporary["golden"];
        var learners = BuiltIn.Catalog.All.Where(l => l.Info.Tasks.HasFlag(new TaskSpec(kind, "", []).Flag)).Select(l => l.Info.Id).ToArray();
        var path = Write(folder, $"v{ModelManifest.CurrentVersion}-{kind.ToString().ToLowerInvariant()}", TinyRecommenders.Fit(kind, 7, learners), TinyRecommenders.Pairs(12, 31));
        var answer = JsonSerializer.Deserialize<Answer>(File.ReadAllBytes(Path.ChangeExtension(path, ".json")))!;
        var model = ModelFile.Load(path, BuiltIn.Readers);
        model.Hash.ShouldBe(answer.Hash);
        Bits(model, answer.Rows).ShouldBe(answer.Bits);
        model.Predictor.Members.Length.ShouldBe(learners.Length);
    }

    [Theory]
    [InlineData(TaskKind.Binary)]
    [InlineData(TaskKind.Multiclass)]
    [InlineData(TaskKind.Regression)]
    public void The_generator_makes_files_with_post_processing(TaskKind kind)
    {
        using var temporary = new TempFolder();
        var path = Write(
            Environment.GetEnvironmentVariable("ALGOFACTORY_GOLDEN") ?? temporary["golden"],
            $"v{ModelManifest.CurrentVersion}-{kind.ToString().ToLowerInvariant()}-post2", TinyModels.Trusted(kind), TinyModels.Texts(12, 31));
        var answer = JsonSerializer.Deserialize<Answer>(File.ReadAllBytes(Path.ChangeExtension(path, ".json")))!;
        Bits(ModelFile.Load(path, BuiltIn.Readers), answer.Rows).ShouldBe(answer.Bits);
    }

    /// <summary>The texts of a file's documents: each names the format that it is written in.</summary>
    private static IEnumerable<string> Documents(string path)
    {
        using var zip = ZipFile.OpenRead(path);
        foreach (var entry in zip.Entries.Where(e => e.Name.EndsWith(".json", StringComparison.Ordinal)))
        {
            using var text = new StreamReader(entry.Open());
            yield return text.ReadToEnd();
        }
    }

    [Fact]
    public void The_generator_makes_a_file_of_pictures_and_many_levels()
    {
        using var temporary = new TempFolder();
        var schema = new Schema(
            [
                new("picture", ColumnKind.Image, ColumnRole.Feature, 1, "Chosen."),
                new("shop", ColumnKind.Categorical, ColumnRole.Feature, 1, "Chosen.") { Levels = [.. Enumerable.Range(0, 80).Select(i => $"shop {i}")] },
                new("outcome", ColumnKind.Categorical, ColumnRole.Label, 1, "Chosen."),
            ],
            "outcome");
        var task = TinyModels.Task(TaskKind.Binary);
        var rows = Enumerable.Range(0, 240).Select(i => ImmutableDictionary<string, string>.Empty
            .Add("shop", $"shop {i * 7 % 80}").Add("picture", Convert.ToBase64String(PngFile.Encode(8, 8, 3, (x, y, c) => (byte)(i * 31 + x * c * 9 + y * (i % 5)))))).ToImmutableArray();
        var labels = Enumerable.Range(0, rows.Length).Select(i => i % 4 > 1 ? 1f : 0f).ToArray();
        var frame = TinyModels.Bind(schema, rows);
        var (pipeline, features) = FeaturePipeline.FitTransform(new FeaturizerInput(frame, task, labels, default), schema, FeatureNeeds.Scaled, FitContext.Create(7));
        var fit = BuiltIn.Catalog["linear"].Fit(
            new TrainingSet { Task = task, FeatureInfos = pipeline.DenseFeatures, Features = features, Labels = labels }, ParameterSet.Empty, FitContext.Create(7));
        var predictor = new Predictor(schema, task, [new EnsembleMember("linear", fit.RefitParameters, pipeline, fit.Model, 1)], new PostProcessing());
        var profile = new DatasetProfile(rows.Length, [.. schema.Columns.Select(c => new ColumnProfile(c.Name, c.Kind, rows.Length, 0, 10))]);

        var path = Write(
            Environment.GetEnvironmentVariable("ALGOFACTORY_GOLDEN") ?? temporary["golden"], $"v{ModelManifest.CurrentVersion}-binary-pictures",
            new ModelFile(predictor, TinyModels.Fit().Lineage, ImmutableSortedDictionary<string, double>.Empty, profile, [], []), rows[..12]);

        var answer = JsonSerializer.Deserialize<Answer>(File.ReadAllBytes(Path.ChangeExtension(path, ".json")))!;
        Bits(ModelFile.Load(path, BuiltIn.Readers), answer.Rows).ShouldBe(answer.Bits);
    }

    [Theory]
    [InlineData(TaskKind.Binary)]
    [InlineData(TaskKind.Multiclass)]
    [InlineData(TaskKind.Regression)]
    public void The_generator_makes_stacks_that_the_test_accepts(TaskKind kind)
    {
        using var temporary = new TempFolder();
        var path = Write(
            Environment.GetEnvironmentVariable("ALGOFACTORY_GOLDEN") ?? temporary["golden"],
            $"v{ModelManifest.CurrentVersion}-{kind.ToString().ToLowerInvariant()}-stack", TinyStacks.Fit(kind), TinyModels.Texts(12, 31));
        var answer = JsonSerializer.Deserialize<Answer>(File.ReadAllBytes(Path.ChangeExtension(path, ".json")))!;
        ShouldAnswer(ModelFile.Load(path, BuiltIn.Readers), answer);
    }

    [Theory]
    [InlineData("binary-networks")]
    [InlineData("binary-photos")]
    [InlineData("binary-texts")]
    [InlineData("binary-fusion")]
    [InlineData("regression-own")]
    public void The_generator_makes_a_file_of_networks(string name)
    {
        using var temporary = new TempFolder();
        var model = name switch
        {
            "binary-networks" => GoldenNetworks.Fit(),
            "binary-photos" => GoldenNetworks.FitPhotos(),
            "binary-texts" => GoldenNetworks.FitTexts(),
            "binary-fusion" => GoldenNetworks.FitFusion(),
            _ => GoldenNetworks.Own(),
        };
        // ONNX Runtime adds up in another order on another processor.
        var path = Write(
            Environment.GetEnvironmentVariable("ALGOFACTORY_GOLDEN") ?? temporary["golden"], $"v{ModelManifest.CurrentVersion}-{name}", model, GoldenNetworks.Rows(8, 5), 1e-3);
        var answer = JsonSerializer.Deserialize<Answer>(File.ReadAllBytes(Path.ChangeExtension(path, ".json")))!;
        ShouldAnswer(ModelFile.Load(path, BuiltIn.Readers), answer);
        // What it says depends on the row.
        answer.Bits.Distinct().Count().ShouldBeGreaterThan(3);
    }

    private static string Generate(string folder, TaskKind kind)
    {
        var learners = BuiltIn.Catalog.All.Where(l => l.Info.Tasks.HasFlag(TinyModels.Task(kind).Flag)).Select(l => l.Info.Id).ToArray();
        var model = TinyModels.Fit(kind, 7, learners);
        return Write(folder, $"v{ModelManifest.CurrentVersion}-{kind.ToString().ToLowerInvariant()}-all3", model, TinyModels.Texts(12, 31));
    }

    private static string Write(string folder, string name, ModelFile model, ImmutableArray<ImmutableDictionary<string, string>> rows, double tolerance = 0)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"{name}.afm");
        var hash = model.Save(path);
        var answer = new Answer(hash, rows, [.. Bits(model, rows)], tolerance);
        File.WriteAllText(Path.ChangeExtension(path, ".json"), JsonSerializer.Serialize(answer, new JsonSerializerOptions { WriteIndented = true }) + "\n");
        return path;
    }

    private static int[] Bits(ModelFile model, ImmutableArray<ImmutableDictionary<string, string>> rows)
    {
        var predictions = model.Predictor.Predict(TinyModels.Bind(model.Predictor.Schema, rows));
        return [.. Answers().Select(BitConverter.SingleToInt32Bits)];

        // Where a model has intervals or sets, they are part of what it answers.
        IEnumerable<float> Answers()
        {
            foreach (var score in predictions.Scores.ToArray())
                yield return score;
            for (var row = 0; row < predictions.RowCount; row++)
            {
                if (model.Predictor.Post.Intervals?.At(0.9).Around(predictions.Value(row)) is { } interval)
                {
                    yield return interval.Lower;
                    yield return interval.Upper;
                }

                for (var k = 0; model.Predictor.Post.Sets is { } sets && k < predictions.Task.Classes.Length; k++)
                    yield return sets.At(0.9).Holds(predictions, row, k) ? 1 : 0;
            }
        }
    }

    /// <summary>What the file was asked and what it answered, as the scores' bits; and how far another processor's may be from them.</summary>
    private sealed record Answer(string Hash, ImmutableArray<ImmutableDictionary<string, string>> Rows, ImmutableArray<int> Bits, double Tolerance = 0);
}
