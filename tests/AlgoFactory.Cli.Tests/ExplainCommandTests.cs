using System.Globalization;
using AlgoFactory.Learning;
using AlgoFactory.TestKit.Models;

namespace AlgoFactory.Cli.Tests;

public sealed class ExplainCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(TaskKind.Regression, false)]
    [InlineData(TaskKind.Multiclass, true)]
    public async Task Explain_writes_a_record_for_each_record_that_sums_to_its_raw_score(TaskKind kind, bool interactions)
    {
        var model = Model(kind, "gbdt");
        var output = _folder["why.csv"];
        string[] more = interactions ? ["--interactions"] : [];
        var run = await CliRun.Of(["explain", model, Rows(), "--out", output, "--json", .. more]);

        run.Code.ShouldBe(0, run.Error);
        run.Json.GetProperty("rows").GetInt32().ShouldBe(5);
        run.Json.GetProperty("scale").GetString().ShouldBe(kind == TaskKind.Regression ? "value" : "logit");
        run.Json.GetProperty("columns")[0].GetProperty("meanAbsolute").GetDouble().ShouldBeGreaterThan(0);
        var lines = File.ReadAllLines(output);
        lines.Length.ShouldBe(6);
        var header = lines[0].Split(',');
        foreach (var suffix in kind == TaskKind.Regression ? [""] : new[] { ":low", ":mid", ":high" })
        {
            int[] of = [.. Enumerable.Range(0, header.Length).Where(c => header[c] == $"base{suffix}" ||
                (header[c].StartsWith(interactions ? "interaction:" : "contribution:") && header[c].EndsWith(suffix)))];
            of.Length.ShouldBe(1 + (interactions ? 21 : 6));
            foreach (var line in lines[1..])
            {
                var cells = line.Split(',');
                double Number(int column) => double.Parse(cells[column], CultureInfo.InvariantCulture);
                var raw = Number(Array.IndexOf(header, $"rawScore{suffix}"));
                of.Sum(Number).ShouldBe(raw, 1e-9 * Math.Max(1, Math.Abs(raw)));
            }
        }
    }

    [Fact]
    public async Task A_model_without_trees_is_explained_and_what_it_cannot_show_refused()
    {
        var linear = await CliRun.Of("explain", Model(TaskKind.Binary, "linear"), Rows(), "--out", _folder["linear.csv"], "--json");
        linear.Code.ShouldBe(0, linear.Error);
        (linear.Json.GetProperty("method").GetString(), linear.Json.GetProperty("scale").GetString()).ShouldBe(("linear", "logOdds"));
        var sampled = await CliRun.Of("explain", Model(TaskKind.Binary, "ffm"), Rows(), "--out", _folder["ffm.csv"], "--evaluations", "200", "--background", Rows(), "--json");
        sampled.Code.ShouldBe(0, sampled.Error);
        sampled.Json.GetProperty("method").GetString().ShouldBe("sampled");
        File.ReadLines(_folder["ffm.csv"]).First().ShouldContain("standardError:age");
        (await CliRun.Of("explain", Model(TaskKind.Binary, "linear"), Rows(), "--interactions", "--out", _folder["none.csv"])).ShouldFail(1, "leave --interactions out");
        File.Exists(_folder["none.csv"]).ShouldBeFalse();
        (await CliRun.Of("tree", Model(TaskKind.Binary, "linear"))).ShouldFail(1, "no trees");
        (await CliRun.Of("tree", Model(TaskKind.Binary, "gbdt"), "--index", "8")).ShouldFail(1, "numbered from 0 to 7");
    }

    [Fact]
    public async Task Tree_shows_a_tree_as_text_data_and_picture()
    {
        var model = Model(TaskKind.Binary, "gbdt");
        var text = await CliRun.Of("tree", model, "--index", "1");
        text.Code.ShouldBe(0, text.Error);
        text.Output.ShouldContain("├─ yes: ");
        var json = await CliRun.Of("tree", model, "--index", "1", "--json", "--svg", _folder["tree.svg"]);
        json.Json.GetProperty("index").GetInt32().ShouldBe(1);
        json.Json.GetProperty("nodes").GetArrayLength().ShouldBe(text.Output.Count(c => c == '\n'));
        File.ReadAllText(_folder["tree.svg"]).ShouldStartWith("<svg");
    }

    private string Model(TaskKind kind, params string[] learners)
    {
        var path = _folder[$"{kind}-{learners[0]}.afm"];
        TinyModels.Fit(kind, 1, learners).Save(path);
        return path;
    }

    private string Rows() => _folder.Write(
        "rows.csv",
        "age,income,city,member,joined,note\n" + string.Join('\n', TinyModels.Texts(5, 3).Select(t =>
            string.Join(',', new[] { "age", "income", "city", "member", "joined", "note" }.Select(c => $"\"{t[c]}\"")))) + "\n");
}
