using System.Globalization;
using AlgoFactory.Learning;
using AlgoFactory.TestKit.Models;

namespace AlgoFactory.Cli.Tests;

public sealed class ReportCommandTests : IDisposable
{
    private static readonly string[] Columns = ["age", "income", "city", "member", "joined", "note"];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_report_is_written_as_page_and_as_json()
    {
        var run = await CliRun.Of("report", Model(TaskKind.Binary, "gbdt"), "--data", Rows(), "--out", _folder["report.html"], "--fairness", "city", "--json");
        run.Code.ShouldBe(0, run.Error);
        run.Json.GetProperty("data").GetProperty("rows").GetInt32().ShouldBe(150);
        run.Json.GetProperty("fairness")[0].GetProperty("column").GetString().ShouldBe("city");
        File.ReadAllText(_folder["report.html"]).ShouldContain("showReport(");
        var text = await CliRun.Of("report", Model(TaskKind.Regression, "gbdt"), "--data", Rows("7"), "--out", _folder["numbers.html"]);
        text.Code.ShouldBe(0, text.Error);
        text.Output.ShouldContain("rmse");
        (await CliRun.Of("report", Model(TaskKind.Binary, "gbdt"), "--data", Rows(), "--out", _folder["none/report.html"])).ShouldFail(2, "does not exist");
        (await CliRun.Of("report", Model(TaskKind.Binary, "gbdt"), "--data", Rows(), "--out", _folder["x.html"], "--fairness", "town")).ShouldFail(2, "no column 'town'");
        File.Exists(_folder["x.html"]).ShouldBeFalse();
    }

    [Fact]
    public async Task A_card_is_text_or_data()
    {
        var model = Model(TaskKind.Multiclass, "linear");
        (await CliRun.Of("card", model)).Output.ShouldStartWith("# Model card: outcome");
        (await CliRun.Of("card", model, "--json")).Json.GetProperty("task").GetProperty("classes").GetArrayLength().ShouldBe(3);
        (await CliRun.Of("card", _folder["none.afm"])).ShouldFail(1, "no model file");
    }

    [Fact]
    public async Task A_counterfactual_keeps_what_it_is_told_to_keep()
    {
        var model = Model(TaskKind.Regression, "linear");
        var rows = Rows("7");
        var value = (await CliRun.Of("counterfactual", model, rows, "--row", "2", "--from", "0", "--background", rows, "--json")).Json.GetProperty("now").GetProperty("value").GetDouble();
        var low = (value + 25).ToString(CultureInfo.InvariantCulture);
        var run = await CliRun.Of("counterfactual", model, rows, "--row", "2", "--from", low, "--background", rows, "--json");
        run.Code.ShouldBe(0, run.Error);
        var first = run.Json.GetProperty("answers")[0].GetProperty("changes")[0].GetProperty("column").GetString()!;
        var kept = await CliRun.Of("counterfactual", model, rows, "--row", "2", "--from", low, "--background", rows, "--keep", first, "--json");
        kept.Output.ShouldNotContain($"\"column\":\"{first}\"");
        (await CliRun.Of("counterfactual", model, rows, "--row", "2", "--from", low, "--background", rows)).Output.ShouldContain(" → ");
        (await CliRun.Of("counterfactual", model, rows, "--row", "999", "--from", "1")).ShouldFail(2, "there is no record 999");
        (await CliRun.Of("counterfactual", model, rows, "--to", "x")).ShouldFail(1, "predicts a number");
    }

    private string Model(TaskKind kind, string learner)
    {
        var path = _folder[$"{kind}-{learner}.afm"];
        var model = TinyModels.Fit(kind, 1, learner);
        (model with { Lineage = model.Lineage with { Metric = kind == TaskKind.Regression ? "rmse" : "auc" } }).Save(path);
        return path;
    }

    private string Rows(string? label = null) => _folder.Write(
        $"rows{label}.csv",
        string.Join(',', Columns) + ",outcome\n" + string.Join('\n', TinyModels.Texts(150, 3).Select((t, i) =>
            string.Join(',', Columns.Select(c => $"\"{t[c]}\"")) + "," + (label is null ? i % 3 == 0 ? "yes" : "no" : $"{label}{i % 9}"))) + "\n");
}
