using AlgoFactory.Learning;
using AlgoFactory.TestKit.Models;

namespace AlgoFactory.Cli.Tests;

/// <summary>What <c>compress</c> refuses; what it does is tested where networks are trained.</summary>
public sealed class CompressCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_cannot_be_made_smaller_is_one_sentence_and_no_file()
    {
        var (model, data, output) = (_folder["m.afm"], _folder.Write("rows.csv", "a,label\n1,x\n"), _folder["small.afm"]);
        TinyModels.Fit(TaskKind.Binary, 1, "gbdt").Save(model);
        (await CliRun.Of("compress", model, "--data", data, "--out", output)).ShouldFail(2, "--int8");
        (await CliRun.Of("compress", model, "--data", data, "--out", output, "--prune", "1.5")).ShouldFail(2, "between 0 and 1");
        (await CliRun.Of("compress", model, "--data", data, "--out", _folder["no/small.afm"], "--int8")).ShouldFail(2, "does not exist");
        (await CliRun.Of("compress", model, "--data", data, "--out", output, "--int8")).ShouldFail(1, "'gbdt'");
        (await CliRun.Of("compress", _folder["none.afm"], "--data", data, "--out", output, "--int8")).ShouldFail(1, "none.afm");
        (await CliRun.Of("compress", model, "--int8")).Code.ShouldBe(2);
        _folder.Files.ShouldBe(["m.afm", "rows.csv"], ignoreOrder: true);
    }
}
