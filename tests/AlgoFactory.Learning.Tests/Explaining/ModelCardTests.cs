using System.IO.Compression;
using System.Text.Json;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Learners;
using AlgoFactory.TestKit;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Explaining;

public class ModelCardTests
{
    [Fact]
    public void Every_model_file_has_its_card_as_data_and_as_text()
    {
        using var folder = new TempFolder();
        var model = TinyModels.Fit(TaskKind.Binary, 1, "gbdt", "linear");
        model.Save(folder["m.afm"]);
        using var zip = ZipFile.OpenRead(folder["m.afm"]);
        string Read(string name)
        {
            using var reader = new StreamReader(zip.GetEntry(name)!.Open());
            return reader.ReadToEnd();
        }

        var card = JsonDocument.Parse(Read("model-card.json")).RootElement;
        card.GetProperty("lineage").GetProperty("seed").GetInt32().ShouldBe(1);
        card.GetProperty("metrics").GetProperty("auc").GetDouble().ShouldBe(0.75);
        var text = Read("model-card.md");
        text.ShouldBe(ModelCardText.Write(ModelCard.Of(ModelFile.Load(folder["m.afm"], BuiltIn.Readers))));
        foreach (var part in new[] { "# Model card: outcome", "gbdt (gbdt/", "share 0.5", "people.csv", "5-fold", "| auc | 0.75 |", "## Caveats and limits", "The data is generated.", "`yes` from a probability of 0.4 on", "Not used: `id`." })
            text.ShouldContain(part);
    }

    [Fact]
    public void A_card_is_bounded_and_names_from_data_cannot_break_it()
    {
        var model = TinyModels.Fit(TaskKind.Binary, 1);
        var schema = model.Predictor.Schema with
        {
            Columns = [.. model.Predictor.Schema.Columns, .. Enumerable.Range(0, 300).Select(i => new ColumnSpec($"c{i}|<b>`\n# x", ColumnKind.Numeric, ColumnRole.Feature, 1, "Chosen."))],
        };
        var wide = model with
        {
            Predictor = new Predictor(schema, model.Predictor.Task, model.Predictor.Members, model.Predictor.Post),
            Lineage = model.Lineage with { Leaderboard = [.. Enumerable.Repeat(model.Lineage.Leaderboard[0], 500)], Warnings = ["# <script>|*x*"] },
        };
        var card = ModelCard.Of(wide);
        (card.Columns.Length, card.ColumnCount, card.Lineage.Leaderboard.Length).ShouldBe((200, 306, 20));
        var text = ModelCardText.Write(card);
        text.ShouldContain("106 more columns are not listed.");
        text.ShouldContain("| `c0\\|<b>' # x` | numeric |");
        text.ShouldContain("- \\# \\<script>\\|\\*x\\*");
        text.Length.ShouldBeLessThan(40_000);
    }

    [Fact]
    public void Limits_are_those_of_the_data()
    {
        var model = TinyModels.Fit(TaskKind.Binary, 1);
        var label = new ColumnProfile("outcome", ColumnKind.Categorical, 1000, 0, 2) { TopLevels = [new("no", 980), new("yes", 20)] };
        var limits = ModelCard.Of(model with { Profile = new DatasetProfile(1000, [label]) }).Limits;
        limits.ShouldContain(l => l.StartsWith("The class 'yes' is rare (2.0 %", StringComparison.Ordinal));
        limits.ShouldContain(l => l.StartsWith("With 200 rows its scores are rough", StringComparison.Ordinal));
    }
}
