namespace AlgoFactory.Cli.Tests;

public sealed class CommandLineTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Without_a_command_the_help_is_shown()
    {
        var run = await CliRun.Of();

        run.Code.ShouldBe(0);
        foreach (var command in new[] { "describe", "train", "predict", "evaluate", "models", "keys", "serve", "worker" })
            run.Output.ShouldContain(command);
    }

    [Fact]
    public async Task An_unknown_command_is_a_wrong_usage_in_one_sentence()
    {
        var run = await CliRun.Of("trian", "x.csv");

        run.Code.ShouldBe(2);
        run.Output.ShouldBeEmpty();
        run.Error.Trim().Split('\n').Length.ShouldBe(1);
        run.Error.ShouldContain("--help");
    }

    [Fact]
    public async Task Describe_shows_every_column_and_what_the_table_may_be_about()
    {
        var run = await CliRun.Of("describe", TempFolder.Sample("credit_data.csv"), "--json");

        run.Code.ShouldBe(0, run.Error);
        run.Json.GetProperty("rows").GetInt64().ShouldBe(4454);
        var columns = run.Json.GetProperty("columns").EnumerateArray().ToArray();
        columns.Length.ShouldBe(14);
        foreach (var column in columns)
            foreach (var name in new[] { "name", "kind", "role", "confidence", "reason", "missingShare", "cardinality", "quantiles" })
                column.TryGetProperty(name, out _).ShouldBeTrue(name);
        run.Json.GetProperty("suggestedTargets").EnumerateArray().Select(t => t.GetProperty("column").GetString()).ShouldContain("Status");
        run.Json.GetProperty("task").GetString().ShouldBe(run.Json.GetProperty("suggestedTargets")[0].GetProperty("task").GetString());
    }

    [Fact]
    public async Task Describe_is_a_table_for_people()
    {
        var run = await CliRun.Of("describe", TempFolder.Sample("penguins.csv"));

        run.Code.ShouldBe(0, run.Error);
        run.Output.ShouldContain("344 rows");
        run.Output.ShouldContain("categorical");
    }

    [Theory]
    [InlineData("describe")]
    [InlineData("evaluate")]
    [InlineData("predict")]
    public async Task A_file_that_is_not_there_fails_with_empty_output(string command)
    {
        var model = _folder.Write("m.afm", "no model");

        string[] args = command == "describe" ? [command, _folder["none.csv"], "--json"] : [command, _folder["none.afm"], model, "--json"];

        (await CliRun.Of(args)).ShouldFail(1, "none");
    }

    [Fact]
    public async Task A_file_that_is_no_model_fails() =>
        (await CliRun.Of("predict", _folder.Write("m.afm", "no model"), TempFolder.Sample("penguins.csv"))).ShouldFail(1, "");
}
