using System.Diagnostics;
using System.Net.Http.Json;
using AlgoFactory.Learning;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Processes;

/// <summary>A file that a server's worker scores is the one that the command line writes with the model itself.</summary>
public sealed class BatchProcessTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("algofactory-batch-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Scored_by_the_worker_and_by_the_command_line_a_file_is_the_same()
    {
        TinyModels.Fit(TaskKind.Binary, 1).Save(At("m.afm"));
        var texts = TinyModels.Texts(500, 3);
        string[] columns = ["age", "income", "city", "member", "joined", "note"];
        await File.WriteAllTextAsync(At("rows.csv"), string.Join(',', columns) + "\n" + string.Concat(texts.Select(r => string.Join(',', columns.Select(c => $"\"{r[c]}\"")) + "\n")));
        await using var server = await ServerProcess.StartAsync(_folder.FullName);
        using var upload = await server.Client.PostAsync("/api/models/m/versions", new ByteArrayContent(await File.ReadAllBytesAsync(At("m.afm"))));
        upload.IsSuccessStatusCode.ShouldBeTrue();
        using var deployed = await server.Client.PutAsJsonAsync("/api/deployments/tiny", new { model = "m" });
        deployed.IsSuccessStatusCode.ShouldBeTrue();

        (await RunAsync(server.Key, "predict", At("m.afm"), At("rows.csv"), "--out", At("local.csv"), "--json", "--top-k", "1", "--probabilities", "true")).ShouldContain("\"rows\":500");
        (await RunAsync(server.Key, "predict", "tiny", At("rows.csv"), "--out", At("remote.csv"), "--json", "--top-k", "1", "--probabilities", "true", "--url", server.Client.BaseAddress!.ToString()))
            .ShouldContain("\"rows\":500");

        (await File.ReadAllLinesAsync(At("remote.csv")))[0].ShouldBe("prediction,probability:no,probability:yes,top1,top1:probability,error");
        (await File.ReadAllTextAsync(At("remote.csv"))).ShouldBe(await File.ReadAllTextAsync(At("local.csv")));
        // The command removes what it has fetched.
        (await (await server.Client.GetAsync("/api/batches")).JsonAsync()).GetArrayLength().ShouldBe(0);
    }

    private string At(string name) => Path.Combine(_folder.FullName, name);

    private static async Task<string> RunAsync(string key, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(ServerProcess.Program);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["ALGOFACTORY_KEY"] = key;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, await error + await output);
        return await output;
    }
}
