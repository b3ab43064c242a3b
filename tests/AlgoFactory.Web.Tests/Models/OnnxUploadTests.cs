using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Web.Tests.Processes;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Models;

/// <summary>A user's own ONNX file from upload to prediction, at the built program: it starts itself again to try the file.</summary>
public sealed class OnnxUploadTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("algofactory-onnx-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task An_onnx_file_is_registered_deployed_and_asked_and_others_are_refused()
    {
        await using var server = await ServerProcess.StartAsync(_folder.FullName, null, "Worker:Enabled=false");
        var client = server.Client;
        using var uploaded = await client.PostAsync(
            "/api/models/own-graph/versions?labels=a,b,c&columns=width&columns=height&label=kind", new ByteArrayContent(OnnxFiles.Classifier(logits: false)));
        uploaded.StatusCode.ShouldBe(HttpStatusCode.Created, await uploaded.Content.ReadAsStringAsync());
        (await uploaded.JsonAsync()).GetProperty("task").GetString().ShouldBe("multiclass");
        (await client.PutAsJsonAsync("/api/deployments/own-graph", new { })).StatusCode.ShouldBe(HttpStatusCode.OK);

        using var json = await client.PostAsJsonAsync("/api/models/own-graph/predict", new { rows = new[] { new { width = 1.0, height = 2.0 } }, explain = true });
        var answer = (await json.JsonAsync()).GetProperty("predictions")[0];
        answer.GetProperty("prediction").GetString().ShouldBe("b");
        var probability = answer.GetProperty("probabilities").GetProperty("b").GetDouble();
        answer.GetProperty("explanation").GetProperty("contributions").GetProperty("height").GetDouble().ShouldNotBe(double.NaN);
        using var csv = await client.PostAsync("/api/models/own-graph/predict", new StringContent("width,height\n1,2\n", Encoding.UTF8, "text/csv"));
        (await csv.JsonAsync()).GetProperty("predictions")[0].GetProperty("probabilities").GetProperty("b").GetDouble().ShouldBe(probability);
        using var tensors = await client.PostAsJsonAsync("/v2/models/own-graph/infer", new
        {
            inputs = new[]
            {
                new { name = "width", datatype = "FP64", shape = new[] { 1 }, data = new[] { 1.0 } },
                new { name = "height", datatype = "FP64", shape = new[] { 1 }, data = new[] { 2.0 } },
            },
        });
        tensors.StatusCode.ShouldBe(HttpStatusCode.OK);
        // A missing number is not silently another one.
        using var missing = await client.PostAsJsonAsync("/api/models/own-graph/predict", new { rows = new[] { new { width = 1.0 } } });
        (await missing.JsonAsync()).GetProperty("warnings").EnumerateArray().Select(w => w.GetString()).ShouldContain(w => w!.Contains("height"));
        foreach (var page in (string[])["/models", "/models/own-graph", "/deployments/own-graph"])
        {
            using var shown = await client.GetAsync(page);
            shown.StatusCode.ShouldBe(HttpStatusCode.OK, page);
        }

        (await (await client.PostAsync("/api/models/bad-graph/versions", new ByteArrayContent(OnnxFiles.Classifier(logits: false)))).ProblemAsync(400)).ShouldContain("--labels");
        (await (await client.PostAsync("/api/models/bad-graph/versions", new ByteArrayContent(OnnxFiles.Huge()))).ProblemAsync(400)).ShouldContain("ONNX");
        (await (await client.PostAsync("/api/models/bad-graph/versions", new ByteArrayContent(OnnxFiles.Linear([1], 0)[..^9]))).ProblemAsync(400)).ShouldContain("cut off");
        foreach (var body in (byte[][])[[], [1, 2, 3], "<html>"u8.ToArray()])
            (await (await client.PostAsync("/api/models/bad-graph/versions", new ByteArrayContent(body))).ProblemAsync(400)).ShouldContain("neither a model file (.afm) nor an ONNX file");
        (await client.GetStringAsync("/api/models")).ShouldNotContain("bad-graph");
    }
}
