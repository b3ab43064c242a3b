using AlgoFactory.Learning;
using AlgoFactory.TestKit.Models;

namespace AlgoFactory.Cli.Tests;

public sealed class ExportCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Export_writes_a_file_that_scores_as_the_model()
    {
        var rows = TempFolder.Sample("penguins.csv");
        var model = _folder["m.afm"];
        (await CliRun.Of("train", rows, "--label", "species", "--trials", "2", "--out", model)).Code.ShouldBe(0);
        var run = await CliRun.Of("export", model, "--onnx", _folder["m.onnx"], "--check", rows, "--json");
        run.Code.ShouldBe(0, run.Error);
        run.Json.GetProperty("checkedRows").GetInt32().ShouldBeGreaterThan(300);
        run.Json.GetProperty("largestDifference").GetDouble().ShouldBeLessThan(1e-5);
        run.Json.GetProperty("bytes").GetInt64().ShouldBe(new FileInfo(_folder["m.onnx"]).Length);
        _folder.Files.ShouldBe(["m.afm", "m.onnx"], ignoreOrder: true);
    }

    [Fact]
    public async Task What_cannot_be_exported_is_one_sentence_and_no_file()
    {
        var model = _folder["m.afm"];
        TinyModels.Fit(TaskKind.Binary, 1, "gbdt").Save(model);
        (await CliRun.Of("export", model, "--onnx", _folder["no/m.onnx"])).ShouldFail(2, "does not exist");
        (await CliRun.Of("export", _folder["none.afm"], "--onnx", _folder["m.onnx"])).ShouldFail(1, "none.afm");
        _folder.Write("empty.csv", "a,b\n");
        (await CliRun.Of("export", model, "--onnx", _folder["m.onnx"], "--check", _folder["empty.csv"])).Code.ShouldNotBe(0);
        (await CliRun.Of("install", "nothing")).ShouldFail(2, "onnxruntime");
        _folder.Files.ShouldBe(["m.afm", "empty.csv"], ignoreOrder: true);
    }
}
