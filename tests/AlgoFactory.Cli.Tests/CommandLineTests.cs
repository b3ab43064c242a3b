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

    [Theory]
    [InlineData("trian x.csv", "There is no command 'trian' (did you mean 'train'?).")]
    [InlineData("frobnicate", "There is no command 'frobnicate'.")]
    [InlineData("models lst", "There is no command 'models lst' (did you mean 'list'?).")]
    [InlineData("models", "list, show, upload, deploy, rollback")]
    [InlineData("plan", "show, history, canary, ab, shadow, fallback, set, promote")]
    [InlineData("plan canary churn --percent 5", "'--to'")]
    [InlineData("plan promote churn --at soon", "The option '--at' takes a time such as 2030-01-31T06:00Z, not 'soon'.")]
    [InlineData("describe x.csv --jsn", "There is no option '--jsn' (did you mean '--json'?).")]
    [InlineData("describe --jsn x.csv", "There is no option '--jsn' (did you mean '--json'?).")]
    [InlineData("describe x.csv y.csv", "'y.csv' is one argument too many.")]
    [InlineData("train x.csv --label y --trials many", "The option '--trials' takes a whole number, not 'many'.")]
    [InlineData("keys create --role king", "The option '--role' takes one of")]
    [InlineData("serve --url http://127.0.0.1:1", "There is no option '--url' (did you mean '--urls'?).")]
    [InlineData("serve --urls", "The option '--urls' needs a value.")]
    [InlineData("describe ", "'FILE' is empty.")]
    [InlineData("train x.csv --label y --out ", "'--out' is empty.")]
    [InlineData("worker now", "'now' is one argument too many.")]
    public async Task A_wrong_usage_is_told_in_one_sentence_that_names_it(string line, string sentence)
    {
        var run = await CliRun.Of(line.Split(' '));

        run.Code.ShouldBe(2);
        run.Output.ShouldBeEmpty();
        run.Error.Trim().Split('\n').Length.ShouldBe(1);
        run.Error.ShouldContain(sentence);
        run.Error.ShouldContain("--help");
    }

    [Fact]
    public async Task After_a_bare_double_dash_a_name_may_look_like_an_option() =>
        (await CliRun.Of("describe", "--", "--jsn")).ShouldFail(1, "'--jsn'");

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

    [Fact]
    public async Task A_folder_is_no_model() =>
        (await CliRun.Of("predict", _folder["."], TempFolder.Sample("penguins.csv"))).ShouldFail(1, "is a folder, not a model file");

    [Theory]
    [InlineData("tree", "--svg")]
    [InlineData("import", "--out")]
    public async Task A_folder_is_no_file_to_write(string command, string option) =>
        (await CliRun.Of(command, _folder.Write("m.onnx", "no model"), option, _folder["."])).ShouldFail(2, $"{option}: ");

    [Theory]
    [InlineData("http://127.0.0.1:65536")]
    [InlineData("http://127.0.0.1:99999999")]
    [InlineData("http://localhost:0")]
    public async Task A_port_that_there_is_not_is_no_address(string address) =>
        (await CliRun.Of("serve", "--urls", address, "--data", _folder["data"])).ShouldFail(1, $"'{address}' is no address to listen on");
}
