using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Processes;

/// <summary>The skew law: one row predicts bit-equal through CSV, JSON, Parquet, tensors and the command line.</summary>
public sealed class SkewLawTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("algofactory-skew-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task One_row_predicts_bit_equal_through_CSV_JSON_Parquet_and_the_command_line()
    {
        var (csv, json) = Rows(300);
        var file = await WriteAsync("rows.csv", csv);
        await RunAsync("train", file, "--label", "y", "--trials", "3", "--out", At("m.afm"), "--json");
        var parquet = At("rows.parquet");
        Parquet(file, parquet);
        var byCsv = await PredictAsync(file, At("c.csv"));
        var byParquet = await PredictAsync(parquet, At("p.csv"));
        var byLines = await PredictAsync(await WriteAsync("rows.jsonl", string.Join('\n', json)), At("j.csv"));

        await using var server = await TestServer.StartAsync();
        server.Publish("m", Learning.Artefacts.ModelFile.Load(At("m.afm"), Learning.Learners.BuiltIn.Readers));
        await server.Get<Serving.Deployments.DeploymentService>().DeployAsync("m", "m", 1, "test", null, default);
        var client = await server.ClientAsync();
        var httpCsv = await PostAsync(client, csv, "text/csv");
        var httpJson = await PostAsync(client, $"{{\"rows\":[{string.Join(',', json)}]}}", "application/json");

        byCsv.Count.ShouldBe(300);
        byCsv.Distinct().Count().ShouldBeGreaterThan(50);
        byParquet.ShouldBe(byCsv);
        byLines.ShouldBe(byCsv);
        httpCsv.ShouldBe(byCsv);
        httpJson.ShouldBe(byCsv);
        (await InferAsync(client, json)).ShouldBe(byCsv);
    }

    /// <summary>The same rows as tensors of the Open Inference Protocol.</summary>
    private static async Task<List<string>> InferAsync(HttpClient client, List<string> json)
    {
        var rows = json.Select(j => JsonDocument.Parse(j).RootElement).ToArray();
        var inputs = new[] { ("amount", "FP64"), ("city", "BYTES"), ("flag", "BOOL"), ("day", "BYTES") }.Select(c => new
        {
            name = c.Item1,
            shape = new[] { rows.Length },
            datatype = c.Item2,
            data = rows.Select(r => r.GetProperty(c.Item1)),
        });
        using var answer = await client.PostAsync("/v2/models/m/infer", new StringContent(JsonSerializer.Serialize(new { inputs }), Encoding.UTF8, "application/json"));
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
        var outputs = (await answer.JsonAsync()).GetProperty("outputs").EnumerateArray().ToDictionary(o => o.GetProperty("name").GetString()!);
        var (predicted, probabilities) = (outputs["prediction"].GetProperty("data"), outputs["probabilities"].GetProperty("data"));
        var classes = JsonSerializer.Deserialize<string[]>(outputs["probabilities"].GetProperty("parameters").GetProperty("classes").GetString()!)!;
        var (no, yes) = (Array.IndexOf(classes, "no"), Array.IndexOf(classes, "yes"));
        return [.. rows.Select((_, i) => $"{predicted[i].GetString()} {probabilities[2 * i + no].GetRawText()} {probabilities[2 * i + yes].GetRawText()}")];
    }

    private static (string Csv, List<string> Json) Rows(int count)
    {
        var csv = new StringBuilder("amount,city,flag,day,y\n");
        var json = new List<string>();
        string[] cities = ["Wien", "Köln", "São Paulo", "1"];
        for (var i = 0; i < count; i++)
        {
            var amount = (i * 7919 % 1009) / 7.0;
            var city = cities[i * 31 % 4];
            var flag = i % 3 == 0;
            var day = DateTime.UnixEpoch.AddDays(i * 97 % 9000).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            var y = amount > 60 == (i % 7 != 0) ? "yes" : "no";
            var number = i % 11 == 0 ? "" : amount.ToString("R", CultureInfo.InvariantCulture);
            csv.Append(CultureInfo.InvariantCulture, $"{number},{city},{(flag ? "true" : "false")},{day},{y}\n");
            json.Add($$"""{"amount":{{(number.Length == 0 ? "null" : number)}},"city":"{{city}}","flag":{{(flag ? "true" : "false")}},"day":"{{day}}","y":"{{y}}"}""");
        }

        return (csv.ToString(), json);
    }

    private static void Parquet(string csv, string parquet) => AlgoFactory.TestKit.Tables.ParquetFiles.FromCsv(csv, parquet);

    private async Task<List<string>> PredictAsync(string file, string output)
    {
        await RunAsync("predict", At("m.afm"), file, "--out", output, "--json");
        var lines = await File.ReadAllLinesAsync(output);
        var columns = lines[0].Split(',');
        var (no, yes) = (Array.IndexOf(columns, "probability:no"), Array.IndexOf(columns, "probability:yes"));
        return [.. lines.Skip(1).Select(l => l.Split(',')).Select(c => $"{c[0]} {c[no]} {c[yes]}")];
    }

    private static async Task<List<string>> PostAsync(HttpClient client, string body, string type)
    {
        using var content = new StringContent(body, Encoding.UTF8);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        using var answer = await client.PostAsync("/api/models/m/predict", content);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
        return [.. (await answer.JsonAsync()).GetProperty("predictions").EnumerateArray().Select(Text)];
    }

    private static string Text(JsonElement row)
    {
        var p = row.GetProperty("probabilities");
        return $"{row.GetProperty("prediction").GetString()} {p.GetProperty("no").GetRawText()} {p.GetProperty("yes").GetRawText()}";
    }

    private async Task<string> WriteAsync(string name, string text)
    {
        await File.WriteAllTextAsync(At(name), text);
        return At(name);
    }

    private string At(string name) => Path.Combine(_folder.FullName, name);

    private static async Task RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(ServerProcess.Program);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, await error + await output);
    }
}
