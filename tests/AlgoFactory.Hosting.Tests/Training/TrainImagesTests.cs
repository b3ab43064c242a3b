using System.IO.Compression;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Hosting.Evaluation;
using AlgoFactory.Hosting.Explaining;
using AlgoFactory.Hosting.Prediction;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;

namespace AlgoFactory.Hosting.Tests.Training;

/// <summary>Images of an archive all the way: trained, saved, loaded, evaluated and predicted.</summary>
public sealed class TrainImagesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_archive_of_images_trains_evaluates_and_predicts()
    {
        var model = await Train(Archive("train.zip", 40, seed: 1), "label");
        new FileInfo(_folder["model.afm"]).Length.ShouldBeLessThan(200_000);

        var outcome = EvaluateModel.Run(model, Archive("test.zip", 20, seed: 2), new ReadOptions(), default);
        ((double)outcome.Metrics["accuracy"]!).ShouldBeGreaterThan(0.9);

        // No two images are alike: training must not say so.
        string.Join(' ', model.Lineage.Warnings).ShouldNotContain("repeat");

        var explained = ExplainFile.Run(model, new ExplainOptions(Evaluations: 40), _folder["test.zip"], new ReadOptions(), _folder["why.csv"], default);
        (explained.Rows, explained.Errors).ShouldBe((20, 0));
        explained.Columns.Single().Column.ShouldBe("image");
        explained.Columns.Single().MeanAbsolute.ShouldBeGreaterThan(0.1);

        var mixed = Archive("mixed.zip", 2, seed: 3, ("broken.png", "no image"u8.ToArray()));
        var report = PredictFile.Run(model, mixed, new ReadOptions(), _folder["out.csv"], default);
        (report.Rows, report.Errors).ShouldBe((3, 1));
        var lines = File.ReadAllLines(_folder["out.csv"]);
        lines[0].ShouldBe("prediction,probability:across,probability:down,error,file");
        lines.Single(l => l.EndsWith(",broken.png", StringComparison.Ordinal)).ShouldContain("does not begin as a JPEG, PNG, WebP or GIF file");
        lines.Single(l => l.EndsWith(",across/0.png", StringComparison.Ordinal)).ShouldStartWith("across,");
        lines.Single(l => l.EndsWith(",down/1.png", StringComparison.Ordinal)).ShouldStartWith("down,");
    }

    [Fact]
    public async Task A_table_of_base64_images_and_numbers_trains_as_any_table_does()
    {
        var rows = Enumerable.Range(0, 60).Select(i => $"{i % 7},{Convert.ToBase64String(Stripes(i % 2 == 0, new Random(i)))},{(i % 2 == 0 ? "across" : "down")}");
        var file = _folder.Write("table.csv", $"number,picture,kind\n{string.Join('\n', rows)}\n");
        var model = await Train(file, "kind");
        var outcome = EvaluateModel.Run(model, file, new ReadOptions(), default);
        ((double)outcome.Metrics["accuracy"]!).ShouldBeGreaterThan(0.9);
    }

    [Theory]
    [InlineData("", "no folder")]
    [InlineData("cat/", "one folder")]
    public async Task Images_of_one_folder_or_none_are_refused_with_what_they_need(string folder, string found)
    {
        using (var archive = ZipFile.Open(_folder["flat.zip"], ZipArchiveMode.Create))
            for (var i = 0; i < 20; i++)
            {
                using var stream = archive.CreateEntry($"{folder}{i}.png").Open();
                stream.Write(Stripes(i % 2 == 0, new Random(i)));
            }

        (await Should.ThrowAsync<UsageException>(() => Train(_folder["flat.zip"], "label"))).Message
            .ShouldBe($"The images lie in {found}, and a folder is a class: there is nothing to tell apart. Put them into a folder for each class: cat/1.jpg, dog/2.jpg.");
    }

    private async Task<ModelFile> Train(string file, string label)
    {
        await new TrainModel(BuiltIn.Catalog, TimeProvider.System).RunAsync(
            new TrainRequest
            {
                File = file,
                DataName = Path.GetFileName(file),
                Label = label,
                Trials = 1,
                Learners = ["linear"],
                StartedAt = DateTimeOffset.UtcNow,
                OutputPath = _folder["model.afm"],
            },
            null, CancellationToken.None);
        return ModelFile.Load(_folder["model.afm"], BuiltIn.Readers);
    }

    private string Archive(string name, int images, int seed, params (string Name, byte[] Content)[] more)
    {
        var random = new Random(seed);
        using var archive = ZipFile.Open(_folder[name], ZipArchiveMode.Create);
        foreach (var (entry, content) in Enumerable.Range(0, images).Select(i => ($"{(i % 2 == 0 ? "across" : "down")}/{i}.png", Stripes(i % 2 == 0, random))).Concat(more))
        {
            using var stream = archive.CreateEntry(entry).Open();
            stream.Write(content);
        }

        return _folder[name];
    }

    /// <summary>Stripes of any colour, width and shift, in noise.</summary>
    private static byte[] Stripes(bool across, Random random)
    {
        var (width, shift, channel) = (random.Next(3, 7), random.Next(10), random.Next(3));
        return PngFile.Encode(40, 40, 3, (x, y, c) => (byte)(random.Next(40) + (c == channel && ((across ? x : y) + shift) / width % 2 == 0 ? 150 : 30)));
    }
}
