using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using AlgoFactory.Data;
using AlgoFactory.Hosting.Evaluation;
using AlgoFactory.Hosting.Explaining;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.TestKit.Models;

namespace AlgoFactory.Hosting.Tests.Explaining;

public sealed partial class UnderstandModelTests : IDisposable
{
    private static readonly string[] Columns = ["age", "income", "city", "member", "joined", "note"];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(TaskKind.Binary, "gbdt")]
    [InlineData(TaskKind.Multiclass, "linear random-forest")]
    [InlineData(TaskKind.Regression, "gbdt linear")]
    public void A_model_is_looked_at_from_all_sides(TaskKind kind, string learners)
    {
        var model = TinyModels.Fit(kind, 1, learners.Split(' ')) with { Lineage = Lineage(kind) };
        var file = Rows(kind, 300);
        var report = UnderstandModel.Run(model, file, "rows.csv", TrainedModel.Read, new UnderstandOptions { Fairness = ["city", "shoe"] }, default);

        // What is measured elsewhere, too, is the same here.
        var evaluated = EvaluateModel.Run(model, file, TrainedModel.Read, default);
        foreach (var (name, value) in report.Metrics!)
            value.ShouldBe((double)evaluated.Metrics[name]!, name);
        report.Data.ShouldBe(new ReportData("rows.csv", 300, 300, true));
        report.Permutation!.Columns.Select(c => c.Column).ShouldBe(Columns, ignoreOrder: true);
        report.Permutation.Columns[0].Column.ShouldBe("age");
        report.Contributions.Rows.ShouldBe(200);
        report.Contributions.Method.ShouldBe(kind == TaskKind.Binary ? ExplanationMethod.Trees : ExplanationMethod.Sampled);
        report.Effects.Select(e => e.Column).ShouldNotContain("note");
        report.Effects.Length.ShouldBe(5);
        report.Effects.ShouldAllBe(e => e.Texts.Length == e.Dependence.Means[0].Length && e.Accumulated!.Effects.Length == e.Outputs.Length);
        report.Slices!.Rows.ShouldBe(300);
        report.Fairness.Select(f => (f.Column, f.Selected)).ShouldBe(kind switch
        {
            TaskKind.Multiclass => [("city", "low"), ("city", "mid"), ("city", "high"), ("shoe", "low"), ("shoe", "mid"), ("shoe", "high")],
            TaskKind.Binary => [("city", "yes"), ("shoe", "yes")],
            _ => [("city", null), ("shoe", null)],
        });
        report.Quality.Length.ShouldBe(6);
        (report.Residuals is null).ShouldBe(kind != TaskKind.Regression);
        JsonDocument.Parse(ReportJson.Write(report)).RootElement.GetProperty("contributions").GetProperty("scale").GetString().ShouldNotBeNullOrEmpty();
        if (kind == TaskKind.Binary)
            ReportJson.Write(UnderstandModel.Run(model, file, "rows.csv", TrainedModel.Read, new UnderstandOptions { Fairness = ["city", "shoe"] }, default)).ShouldBe(ReportJson.Write(report));
    }

    [Fact]
    public void Without_labels_what_can_be_looked_at_is()
    {
        var report = UnderstandModel.Run(TinyModels.Fit(TaskKind.Binary, 1, "gbdt"), Rows(null, 150), "rows.csv", TrainedModel.Read, new UnderstandOptions(), default);
        (report.Metrics, report.Permutation, report.Slices, report.Curves).ShouldBe((null, null, null, null));
        report.Effects.ShouldNotBeEmpty();
        report.Warnings.ShouldContain(w => w.Contains("no column 'outcome'"));
    }

    [Fact]
    public void Large_files_are_sampled_evenly_and_always_alike()
    {
        var model = TinyModels.Fit(TaskKind.Binary, 1, "gbdt");
        var file = Rows(TaskKind.Binary, 9000);
        var first = UnderstandModel.Run(model, file, "rows.csv", TrainedModel.Read, new UnderstandOptions { Rows = 250 }, default);
        first.Data.ShouldBe(new ReportData("rows.csv", 9000, 250, true));
        first.Warnings.ShouldContain("Of 9000 rows 250 were looked at, drawn evenly.");
        var drawn = FileSample.Draw(file, TrainedModel.Read, model.Predictor.InputColumns, 250, 3, null, default);
        drawn.Rows.RowCount.ShouldBe(250);
        // Evenly: the key, and nothing else, decides which rows are there.
        var expected = Enumerable.Range(0, 9000).OrderBy(r => Permutations.Key(3, r)).Take(250).Order().Select(r => Age(r)).ToArray();
        ((Data.Frames.NumericColumn)drawn.Rows["age"]).Values.ToArray().ShouldBe(expected);
    }

    [Fact]
    public void Rows_of_the_training_file_are_found_among_the_data()
    {
        var model = TinyModels.Fit(TaskKind.Binary, 1, "gbdt");
        var file = Rows(TaskKind.Binary, 200);
        var report = UnderstandModel.Run(model, file, "rows.csv", TrainedModel.Read, new UnderstandOptions { TrainingFile = file }, default);
        report.Leakage.Single(l => l.Kind == LeakageKind.SharedRows).Value.ShouldBe(1);
    }

    [Fact]
    public void What_does_not_fit_is_refused_with_a_sentence()
    {
        string Refused(UnderstandOptions options, TaskKind kind = TaskKind.Binary, bool labelled = true) => Should.Throw<UsageException>(() =>
            UnderstandModel.Run(TinyModels.Fit(kind, 1, "linear"), Rows(labelled ? kind : null, 120), "rows.csv", TrainedModel.Read, options, default)).Message;
        Refused(new() { Fairness = ["citty"] }).ShouldContain("'city'");
        Refused(new() { Fairness = ["outcome"] }).ShouldContain("is the label");
        Refused(new() { Fairness = ["city"] }, labelled: false).ShouldContain("must have the label");
        Refused(new() { Rows = 10 }).ShouldContain("from 100");
        Should.Throw<DataFormatException>(() => UnderstandModel.Run(
            TinyModels.Fit(TaskKind.Binary, 1), _folder.Write("none.csv", "age,outcome\n1,\n2,\n"), "none.csv", TrainedModel.Read, new UnderstandOptions(), default));
    }

    [Fact]
    public void The_page_stands_alone_and_data_cannot_break_out_of_it()
    {
        var model = TinyModels.Fit(TaskKind.Binary, 1, "gbdt");
        var report = UnderstandModel.Run(model, Rows(TaskKind.Binary, 120), "</script><script>alert(1)</script>.csv", TrainedModel.Read, new UnderstandOptions(), default);
        var assets = _folder.Path;
        foreach (var name in (string[])["css/theme.css", "css/components.css", "css/pages.css", "css/understanding.css", "css/report.css", "js/charts.js", "js/elements.js", "js/effect-charts.js", "js/understanding.js"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
            File.Copy(Path.Combine(ProgramFolder.Root, "src/AlgoFactory.Web/wwwroot", name), _folder[name]);
        }

        Should.Throw<IOException>(() => ReportHtml.Save(report, "T", assets, _folder["out.html"])).Message.ShouldContain("echarts");
        File.Exists(_folder["out.html"]).ShouldBeFalse();
        Directory.CreateDirectory(_folder["lib/echarts"]);
        File.WriteAllText(_folder["lib/echarts/echarts.min.js"], "globalThis.echarts = {};");
        ReportHtml.Save(report, "A <b> title", assets, _folder["out.html"]);
        var page = File.ReadAllText(_folder["out.html"]);
        page.ShouldContain("<h1>A &lt;b&gt; title</h1>");
        Regex.Count(page, "</script>").ShouldBe(4);
        page.ShouldContain("default-src 'none'");
        Fetching().Matches(page).ShouldBeEmpty();
        page.ShouldNotContain("from \"./");
    }

    // The age of row i: what the sample is recognised by.
    private static double Age(int row) => 18 + row / 100.0;

    private string Rows(TaskKind? kind, int count)
    {
        var texts = TinyModels.Texts(Math.Min(count, 300), 3);
        var random = new Sequence(8);
        var lines = new List<string> { string.Join(',', [.. Columns, "shoe", .. kind is null ? Array.Empty<string>() : ["outcome"]]) };
        for (var i = 0; i < count; i++)
        {
            var text = texts[i % texts.Length];
            var age = count > 300 ? Age(i).ToString(CultureInfo.InvariantCulture) : text["age"];
            var years = age.Length == 0 ? 40 : double.Parse(age, CultureInfo.InvariantCulture);
            var score = years + 20 * random.NextDouble();
            var label = kind switch
            {
                TaskKind.Binary => score > 60 ? "yes" : "no",
                TaskKind.Multiclass => score > 75 ? "high" : score > 50 ? "mid" : "low",
                _ => (score * 3).ToString("R", CultureInfo.InvariantCulture),
            };
            lines.Add(string.Join(',', new[] { age }.Concat(Columns[1..].Select(c => $"\"{text[c]}\"")).Append($"{38 + i % 3}").Concat(kind is null ? [] : [label])));
        }

        return _folder.Write($"rows-{kind}-{count}.csv", string.Join('\n', lines) + "\n");
    }

    private static TrainingLineage Lineage(TaskKind kind) => TinyModels.Fit(TaskKind.Binary).Lineage with
    {
        Metric = kind switch { TaskKind.Binary => "auc", TaskKind.Multiclass => "logloss", _ => "rmse" },
    };

    // An attribute or a rule that would fetch something from anywhere.
    [GeneratedRegex("""(src|href|action)=["']?(https?:)?//|url\(|@import|<link""")]
    private static partial Regex Fetching();
}
