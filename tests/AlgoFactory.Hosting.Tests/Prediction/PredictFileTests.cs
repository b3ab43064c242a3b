using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Hosting.Prediction;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Hosting.Tests.Prediction;

public sealed class PredictFileTests(TrainedModel models) : IClassFixture<TrainedModel>, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string[] Predict(ModelFile model, string file, out PredictionReport report)
    {
        report = PredictFile.Run(model, file, TrainedModel.Read, _folder["out.csv"], default);
        return File.ReadAllLines(_folder["out.csv"]);
    }

    [Fact]
    public void One_record_out_for_each_record_in_with_probabilities()
    {
        var lines = Predict(models.Penguins, TempFolder.Sample("penguins.csv"), out var report);

        report.ShouldSatisfyAllConditions(r => r.Rows.ShouldBe(344), r => r.Errors.ShouldBe(0));
        lines.Length.ShouldBe(345);
        var classes = models.Penguins.Predictor.Task.Classes;
        lines[0].ShouldBe($"prediction,{string.Join(',', classes.Select(c => $"probability:{c}"))},error");
        foreach (var fields in lines.Skip(1).Select(l => l.Split(',')))
        {
            fields.Length.ShouldBe(classes.Length + 2);
            var probabilities = fields.Skip(1).Take(classes.Length).Select(float.Parse).ToArray();
            probabilities.Sum().ShouldBe(1, 1e-4f);
            fields[0].ShouldBe(classes[Array.IndexOf(probabilities, probabilities.Max())]);
        }
    }

    [Fact]
    public void A_broken_record_keeps_its_place_with_an_error_and_no_prediction()
    {
        var source = File.ReadAllLines(TempFolder.Sample("concrete.csv"));
        var broken = source[2].Split(',');
        broken[0] = "much";
        var file = _folder.Write("in.csv", string.Join('\n', source[0], source[1], string.Join(',', broken), source[3]) + "\n");

        var lines = Predict(models.Concrete, file, out var report);

        (report.Rows, report.Errors).ShouldBe((3, 1));
        lines[0].ShouldBe("prediction,error");
        lines[1].ShouldMatch(@"^[\d.]+,$");
        lines[2].ShouldStartWith(",");
        lines[2].ShouldContain("much");
        lines[3].ShouldMatch(@"^[\d.]+,$");
        report.Warnings.ShouldHaveSingleItem().ShouldContain("1 records");
    }

    [Fact]
    public void Numbers_are_written_as_the_service_writes_them()
    {
        var lines = Predict(models.Concrete, TempFolder.Sample("concrete.csv"), out _);

        using var source = DataSource.Open(TempFolder.Sample("concrete.csv"));
        var rows = source.Records(models.Concrete.Predictor.InputColumns, 10_000).Single().Rows;
        var predictions = models.Concrete.Predictor.Predict(rows);
        for (var row = 0; row < rows.RowCount; row++)
            lines[row + 1].ShouldBe(PredictionText.Of(predictions.Value(row)) + ",");
    }

    [Fact]
    public void Columns_that_are_not_there_are_missing_values_and_named()
    {
        var file = _folder.Write("in.csv", "island\nBiscoe\nDream\n");

        var lines = Predict(models.Penguins, file, out var report);

        lines.Length.ShouldBe(3);
        report.Warnings.ShouldHaveSingleItem().ShouldContain("'body_mass_g'");
    }

    [Fact]
    public void Parquet_holds_the_same_numbers_as_csv()
    {
        var csv = Predict(models.Concrete, TempFolder.Sample("concrete.csv"), out _);
        PredictFile.Run(models.Concrete, TempFolder.Sample("concrete.csv"), TrainedModel.Read, _folder["out.parquet"], default);

        using var source = DataSource.Open(_folder["out.parquet"]);
        source.Format.ShouldBe("parquet");
        var column = source.Records([new ColumnSpec("prediction", ColumnKind.Numeric, ColumnRole.Feature, 1, "")], 10_000).Single().Rows["prediction"];
        ((Data.Frames.NumericColumn)column).Values.ToArray().Select(v => (float)v)
            .ShouldBe(csv.Skip(1).Select(l => float.Parse(l.Split(',')[0])));
    }

    [Fact]
    public void The_data_is_never_overwritten()
    {
        var file = _folder.Write("in.csv", "island\nBiscoe\n");

        Should.Throw<UsageException>(() => PredictFile.Run(models.Penguins, file, TrainedModel.Read, file, default)).Message.ShouldContain("overwrite");
        File.ReadAllText(file).ShouldBe("island\nBiscoe\n");
    }

    [Fact]
    public void Intervals_and_sets_are_columns_of_their_own()
    {
        PredictFile.Run(models.Concrete, TempFolder.Sample("concrete.csv"), TrainedModel.Read, _folder["i.csv"], default, new ScoredFileOptions { Interval = 0.9 });
        var lines = File.ReadAllLines(_folder["i.csv"]);
        lines[0].ShouldBe("prediction,lower,upper,error");
        foreach (var fields in lines.Skip(1).Select(l => l.Split(',')))
        {
            var (value, lower, upper) = (float.Parse(fields[0]), float.Parse(fields[1]), float.Parse(fields[2]));
            (lower <= value && value <= upper && lower >= 0).ShouldBeTrue(string.Join(' ', fields));
        }

        PredictFile.Run(models.Penguins, TempFolder.Sample("penguins.csv"), TrainedModel.Read, _folder["s.parquet"], default, new ScoredFileOptions { Set = 0.95 });
        PredictFile.Run(models.Penguins, TempFolder.Sample("penguins.csv"), TrainedModel.Read, _folder["s.csv"], default, new ScoredFileOptions { Set = 0.95 });
        var sets = File.ReadAllLines(_folder["s.csv"]);
        sets[0].ShouldEndWith(",set,error");
        sets[1].ShouldContain("\"[\"\"Adelie\"\"");
    }

    [Fact]
    public void The_most_probable_classes_stand_instead_of_all_probabilities_or_beside_them()
    {
        var all = Predict(models.Penguins, TempFolder.Sample("penguins.csv"), out _);
        var classes = models.Penguins.Predictor.Task.Classes;
        foreach (var (options, header) in new[]
        {
            (new ScoredFileOptions { TopK = 2, Set = 0.9 }, "prediction,top1,top1:probability,top2,top2:probability,set,error"),
            (new ScoredFileOptions { TopK = 9 }, "prediction,top1,top1:probability,top2,top2:probability,top3,top3:probability,error"),
            (new ScoredFileOptions { TopK = 1, Probabilities = true }, $"prediction,{string.Join(',', classes.Select(c => $"probability:{c}"))},top1,top1:probability,error"),
            (new ScoredFileOptions { Probabilities = false }, "prediction,error"),
        })
        {
            PredictFile.Run(models.Penguins, TempFolder.Sample("penguins.csv"), TrainedModel.Read, _folder["top.csv"], default, options);
            var lines = File.ReadAllLines(_folder["top.csv"]);
            lines[0].ShouldBe(header);
            lines.Length.ShouldBe(all.Length);
            for (var row = 1; options.TopK is not null && row < lines.Length; row++)
            {
                // By sorting all of them.
                var expected = all[row].Split(',')[1..^1].Select((text, c) => (Class: classes[c], Text: text)).OrderByDescending(p => float.Parse(p.Text)).Take(options.TopK.Value);
                lines[row].ShouldContain("," + string.Join(',', expected.Select(p => $"{p.Class},{p.Text}")));
            }
        }
    }

    [Fact]
    public void What_a_model_cannot_give_is_refused_before_anything_is_written()
    {
        Should.Throw<UsageException>(() => PredictFile.Run(models.Penguins, TempFolder.Sample("penguins.csv"), TrainedModel.Read, _folder["x.csv"], default, new ScoredFileOptions { Interval = 0.9 })).Message.ShouldContain("'set'");
        Should.Throw<UsageException>(() => PredictFile.Run(models.Concrete, TempFolder.Sample("concrete.csv"), TrainedModel.Read, _folder["x.csv"], default, new ScoredFileOptions { Set = 0.9 })).Message.ShouldContain("'interval'");
        Should.Throw<UsageException>(() => PredictFile.Run(models.Concrete, TempFolder.Sample("concrete.csv"), TrainedModel.Read, _folder["x.csv"], default, new ScoredFileOptions { Interval = 90 })).Message.ShouldContain("0.5 to 0.999");
        foreach (var wrong in (ScoredFileOptions[])[new() { TopK = 2 }, new() { Probabilities = true }])
            Should.Throw<UsageException>(() => PredictFile.Run(models.Concrete, TempFolder.Sample("concrete.csv"), TrainedModel.Read, _folder["x.csv"], default, wrong)).Message.ShouldContain("'topK'");
        Should.Throw<UsageException>(() => PredictFile.Run(models.Penguins, TempFolder.Sample("penguins.csv"), TrainedModel.Read, _folder["x.csv"], default, new ScoredFileOptions { TopK = 0 })).Message.ShouldContain("from 1 on");
        File.Exists(_folder["x.csv"]).ShouldBeFalse();
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("parquet")]
    public void A_run_in_parts_goes_on_where_it_was_ended_and_writes_what_one_run_writes(string format)
    {
        // More than two parts: the smallest part is one batch.
        var lines = File.ReadAllLines(TempFolder.Sample("concrete.csv"));
        var file = _folder.Write("many.csv", lines[0] + "\n" + string.Concat(Enumerable.Repeat(string.Join('\n', lines[1..]) + "\n", 10)));
        var (whole, output, parts) = (_folder[$"whole.{format}"], _folder[$"parts.{format}"], _folder["parts"]);
        var options = new ScoredFileOptions { Interval = 0.9 };
        var expected = PredictFile.Run(models.Concrete, file, TrainedModel.Read, whole, default, options);
        using var stop = new CancellationTokenSource();
        Should.Throw<OperationCanceledException>(() => PredictFile.RunInParts(
            models.Concrete, file, TrainedModel.Read, parts, output, options, new Told(p => { if (p.Rows >= 4096) stop.Cancel(); }), 1, stop.Token));
        File.Exists(output).ShouldBeFalse();
        var first = Directory.GetFiles(parts).ShouldHaveSingleItem();
        var written = File.GetLastWriteTimeUtc(first);

        var seen = DateTime.MinValue;
        var report = PredictFile.RunInParts(
            models.Concrete, file, TrainedModel.Read, parts, output, options, new Told(_ => seen = File.GetLastWriteTimeUtc(first)), 1, default);

        seen.ShouldBe(written);
        (report.Rows, report.Errors).ShouldBe((expected.Rows, 0));
        Directory.Exists(parts).ShouldBeFalse();
        Rows(output).ShouldBe(Rows(whole));

        static string[] Rows(string path)
        {
            if (path.EndsWith(".csv", StringComparison.Ordinal))
                return File.ReadAllLines(path);
            using var source = DataSource.Open(path);
            return [.. source.Records([new ColumnSpec("prediction", ColumnKind.Numeric, ColumnRole.Feature, 1, "")], 1000)
                .SelectMany(b => ((AlgoFactory.Data.Frames.NumericColumn)b.Rows["prediction"]).Values.ToArray()).Select(v => v.ToString("R", System.Globalization.CultureInfo.InvariantCulture))];
        }
    }

    private sealed class Told(Action<PredictionProgress> tell) : IProgress<PredictionProgress>
    {
        public void Report(PredictionProgress value) => tell(value);
    }
}
