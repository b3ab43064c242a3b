using System.Diagnostics;
using AlgoFactory.Hosting.Importing;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Importing;
using AlgoFactory.Learning.Learners;
using AlgoFactory.TestKit.Models;

namespace AlgoFactory.Cli.Tests;

/// <summary>Users' own ONNX files, first loaded by a process of its own.</summary>
public sealed class ImportCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_imported_file_predicts_like_any_model()
    {
        _folder.Write("own.onnx", OnnxFiles.Classifier(logits: true));
        var run = await CliRun.Of("import", _folder["own.onnx"], "--out", _folder["own.afm"], "--labels", "a,b,c", "--columns", "width,height", "--scores", "logit", "--json");
        run.Code.ShouldBe(0, run.Error);
        run.Json.GetProperty("task").GetString().ShouldBe("multiclass");
        run.Json.GetProperty("columns").EnumerateArray().Select(c => c.GetProperty("name").GetString()).ShouldBe(["width", "height"]);
        _folder.Write("rows.csv", "width,height\n4,0\n0,5\n-9,-9\n");
        (await CliRun.Of("predict", _folder["own.afm"], _folder["rows.csv"], "--out", _folder["scored.csv"])).Code.ShouldBe(0);
        File.ReadAllLines(_folder["scored.csv"]).Skip(1).Select(l => l.Split(',')).ShouldAllBe(l => l.Length >= 2);
        File.ReadAllText(_folder["scored.csv"]).ShouldContain("b");
        (await CliRun.Of("explain", _folder["own.afm"], _folder["rows.csv"], "--out", _folder["why.csv"])).Code.ShouldBe(0);
    }

    /// <summary>What we export comes back as the same model.</summary>
    [Fact]
    public async Task An_exported_model_comes_back()
    {
        var (rows, model) = (TempFolder.Sample("penguins.csv"), _folder["m.afm"]);
        (await CliRun.Of("train", rows, "--label", "species", "--trials", "1", "--learners", "gbdt", "--out", model)).Code.ShouldBe(0);
        (await CliRun.Of("export", model, "--onnx", _folder["m.onnx"])).Code.ShouldBe(0);
        var run = await CliRun.Of("import", _folder["m.onnx"], "--out", _folder["back.afm"], "--label", "species", "--json");
        run.Code.ShouldBe(0, run.Error);
        (await CliRun.Of("predict", model, rows, "--out", _folder["one.csv"])).Code.ShouldBe(0);
        (await CliRun.Of("predict", _folder["back.afm"], rows, "--out", _folder["two.csv"])).Code.ShouldBe(0);
        Predicted("two.csv").ShouldBe(Predicted("one.csv"));
    }

    [Fact]
    public async Task A_graph_that_fills_the_memory_costs_its_own_process_only()
    {
        _folder.Write("huge.onnx", OnnxFiles.Huge());
        (await CliRun.Of("import", _folder["huge.onnx"], "--out", _folder["huge.afm"])).ShouldFail(1, "ONNX");
        _folder.Files.ShouldBe(["huge.onnx"]);
    }

    [Fact]
    public async Task The_process_that_tries_a_graph_ends_with_the_one_that_asked()
    {
        using var pipe = Process.Start("mkfifo", [_folder["never.afm"]]);
        await pipe.WaitForExitAsync();
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "algofactory.dll"), "onnx-import"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using var worker = Process.Start(start)!;
        // A file that nobody ever writes to: it would wait for its first byte for good.
        await worker.StandardInput.WriteLineAsync($$"""{"file":"{{_folder["never.afm"]}}","dataName":"","options":{},"memoryBytes":{{2L << 30}}}""");
        await worker.StandardInput.FlushAsync();
        using (var waiting = new CancellationTokenSource(TimeSpan.FromSeconds(2)))
            await Should.ThrowAsync<OperationCanceledException>(() => worker.WaitForExitAsync(waiting.Token));

        worker.StandardInput.Close();

        using var soon = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await worker.WaitForExitAsync(soon.Token);
        worker.ExitCode.ShouldBe(137);
    }

    [Fact]
    public async Task A_graph_without_an_end_is_given_up()
    {
        var file = _folder.Write("endless.onnx", OnnxFiles.Endless());
        var error = await Should.ThrowAsync<LearningException>(() => ImportOnnx.RunAsync(
            file, "endless.onnx", _folder["m.afm"], new OnnxImportOptions(), CancellationToken.None, TimeSpan.FromSeconds(3)));
        error.Message.ShouldContain("more than 3 s");
        _folder.Files.ShouldBe(["endless.onnx"]);
    }

    [Fact]
    public async Task A_model_file_that_holds_a_graph_is_tried_too()
    {
        var file = _folder.Write("own.onnx", OnnxFiles.Linear([1, 2], 3));
        await ImportOnnx.RunAsync(file, "own.onnx", _folder["own.afm"], new OnnxImportOptions(), CancellationToken.None);
        ImportOnnx.Holds(_folder["own.afm"]).ShouldBeTrue();
        await ImportOnnx.CheckAsync(_folder["own.afm"], CancellationToken.None);
        ModelFile.Load(_folder["own.afm"], BuiltIn.Readers).Predictor.InputColumns.Length.ShouldBe(2);
        TinyModels.Fit(TaskKind.Binary, 1).Save(_folder["plain.afm"]);
        ImportOnnx.Holds(_folder["plain.afm"]).ShouldBeFalse();
    }

    [Fact]
    public async Task What_cannot_be_imported_is_one_sentence_and_no_file()
    {
        var file = _folder.Write("own.onnx", OnnxFiles.Linear([1, 2], 3));
        (await CliRun.Of("import", _folder["none.onnx"], "--out", _folder["m.afm"])).ShouldFail(1, "none.onnx");
        (await CliRun.Of("import", file, "--out", _folder["no/m.afm"])).ShouldFail(2, "--out");
        (await CliRun.Of("import", file)).ShouldFail(2, "--out");
        (await CliRun.Of("import", file, "--out", _folder["m.afm"], "--labels", "a")).ShouldFail(1, "two or more");
        (await CliRun.Of("import", TempFolder.Sample("penguins.csv"), "--out", _folder["m.afm"])).ShouldFail(1, "no ONNX file");
        _folder.Files.ShouldBe(["own.onnx"]);
    }

    private string[] Predicted(string file) => [.. File.ReadAllLines(_folder[file]).Skip(1).Select(l => l.Split(',').First(v => v is "Adelie" or "Gentoo" or "Chinstrap"))];
}
