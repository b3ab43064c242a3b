using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Web.Components.Datasets;
using AlgoFactory.Web.Components.Experiments;
using AlgoFactory.Web.Components.Models;

namespace AlgoFactory.Web.Tests.Components;

/// <summary>Names and values come from anybody's files; on a page they are text and never markup.</summary>
public sealed class HostileNamesTests
{
    private const string Hostile = "\"><script>alert('x')</script><img src=x onerror=alert(1)>";

    private static readonly ColumnProfile Profile = new(Hostile, ColumnKind.Categorical, 10, 0, 2)
    {
        TopLevels = [new LevelCount(Hostile, 6), new LevelCount("plain", 4)],
    };

    private static readonly TableDescription Description = new(
        new Schema([new ColumnSpec(Hostile, ColumnKind.Categorical, ColumnRole.Feature, 1, $"because of {Hostile}") { Levels = [Hostile, "plain"] }], null),
        new DatasetProfile(10, [Profile]),
        new RejectSummary(1, 10, [new RejectedRecord(3, Hostile, Hostile)]),
        [new TargetSuggestion(Hostile, "binary", 1, Hostile)],
        []);

    [Fact]
    public async Task In_the_table_of_columns() => Check(await Rendered.HtmlAsync<ColumnTable>(new() { ["Description"] = Description }));

    [Fact]
    public async Task In_the_table_of_overrides() => Check(await Rendered.HtmlAsync<OverrideTable>(new() { ["Description"] = Description }));

    [Fact]
    public async Task In_broken_records() => Check(await Rendered.HtmlAsync<RejectsTable>(new() { ["Rejects"] = Description.Rejects }));

    [Fact]
    public async Task In_the_choice_of_a_target() => Check(await Rendered.HtmlAsync<TargetPicker>(new() { ["Choices"] = TargetChoice.Of(Description), ["Chosen"] = Hostile }));

    [Fact]
    public async Task In_the_form_that_tries_a_model() => Check(await Rendered.HtmlAsync<TryForm>(new()
    {
        ["Fields"] = TryField.Of(Description.Schema.Columns, Description.Profile),
        ["PredictPath"] = "/api/models/m/versions/1/predict",
    }));

    [Fact]
    public async Task In_a_confusion_matrix() => Check(await Rendered.HtmlAsync<CurveCards>(new()
    {
        ["Curves"] = new ValidationCurves { Confusion = [[3, 1], [0, 4]] },
        ["Task"] = new TaskSpec(TaskKind.Binary, "label", [Hostile, "plain"]),
    }));

    [Fact]
    public async Task In_a_failed_trial() => Check(await Rendered.HtmlAsync<LeaderboardTable>(new()
    {
        ["Trials"] = System.Collections.Immutable.ImmutableArray.Create(new LeaderboardEntry { Trial = 1, Learner = Hostile, Error = Hostile }),
        ["Metric"] = "auc",
    }));

    private static void Check(string html)
    {
        html.ShouldNotContain("<script>alert", Case.Insensitive);
        html.ShouldNotContain("<img src=x", Case.Insensitive);
        // It is there, though, to be read.
        Rendered.Text(html).ShouldContain(Hostile);
    }
}
