using System.Net;
using System.Text;
using System.Text.Json;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Registry;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.OpenInference;

/// <summary>
/// The Open Inference Protocol v2 as its specification has it (github.com/kserve/open-inference-protocol, specification/protocol/
/// inference_rest.md): the shapes of its objects, and its own example of a request.
/// </summary>
[Collection(SharedServerTests.Name)]
public sealed class OpenInferenceTests(SharedServer shared) : IAsyncLifetime
{
    private const string Inputs = """
        [{"name":"age","shape":[2],"datatype":"INT32","data":[30,80]},
         {"name":"city","shape":[2,1],"datatype":"BYTES","data":[["Wien"],["Paris"]]},
         {"name":"member","shape":[2],"datatype":"BOOL","data":[true,false]},
         {"name":"income","shape":[2],"datatype":"FP64","data":[1000.5,null]}]
        """;

    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _client = await shared.Server.ClientAsync(KeyRole.Application);
        if (shared.Server.Get<ModelRegistry>().Find("v2-people") is not null)
            return;
        var deployments = shared.Server.Get<DeploymentService>();
        shared.Server.Publish("v2-people", TinyModels.Fit(TaskKind.Binary, 1, "gbdt"));
        shared.Server.Publish("v2-people", TinyModels.Fit(TaskKind.Binary, 2, "gbdt"));
        shared.Server.Publish("v2-amounts", TinyModels.Fit(TaskKind.Regression, 1, "gbdt"));
        shared.Server.Publish("mymodel", Squares());
        await deployments.DeployAsync("v2-churn", "v2-people", 2, "test", null, default);
        await deployments.DeployAsync("v2-amounts", "v2-amounts", 1, "test", null, default);
        await deployments.DeployAsync("mymodel", "mymodel", 1, "test", null, default);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Health_and_server_metadata_are_open_to_all()
    {
        var stranger = shared.Server.Client();
        (await GetAsync(stranger, "/v2/health/live")).GetProperty("live").GetBoolean().ShouldBeTrue();
        await Until.TrueAsync(async () => (await stranger.GetAsync("/v2/health/ready")).IsSuccessStatusCode);
        (await GetAsync(stranger, "/v2/health/ready")).GetProperty("live").GetBoolean().ShouldBeTrue();
        var server = await GetAsync(stranger, "/v2");
        server.EnumerateObject().Select(p => p.Name).ShouldBe(["name", "version", "extensions"]);
        server.GetProperty("name").GetString().ShouldBe("algofactory");
        server.GetProperty("version").GetString()!.ShouldMatch(@"^\d+\.\d+\.\d+");
        server.GetProperty("extensions").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_model_says_its_versions_and_tensors()
    {
        var model = await GetAsync(_client, "/v2/models/v2-churn");
        model.EnumerateObject().Select(p => p.Name).ShouldBe(["name", "versions", "platform", "inputs", "outputs"]);
        model.GetProperty("name").GetString().ShouldBe("v2-churn");
        model.GetProperty("versions").EnumerateArray().Select(v => v.GetString()).ShouldBe(["1", "2"]);
        model.GetProperty("inputs").EnumerateArray().Select(Tensor).ShouldBe(
            ["age FP64 [-1]", "income FP64 [-1]", "city BYTES [-1]", "member BOOL [-1]", "joined BYTES [-1]", "note BYTES [-1]"]);
        model.GetProperty("outputs").EnumerateArray().Select(Tensor).ShouldBe(["prediction BYTES [-1]", "probabilities FP32 [-1,2]", "contributions FP64 [-1,7]"]);
        (await GetAsync(_client, "/v2/models/v2-amounts")).GetProperty("outputs").EnumerateArray().Select(Tensor)
            .ShouldBe(["prediction FP32 [-1]", "contributions FP64 [-1,7]"]);
        (await GetAsync(_client, "/v2/models/v2-churn/versions/1")).GetProperty("name").GetString().ShouldBe("v2-churn");

        static string Tensor(JsonElement t) => $"{t.GetProperty("name").GetString()} {t.GetProperty("datatype").GetString()} {t.GetProperty("shape").GetRawText()}";
    }

    [Fact]
    public async Task A_model_and_its_versions_say_whether_they_are_ready()
    {
        foreach (var path in (string[])["/v2/models/v2-churn/ready", "/v2/models/v2-churn/versions/1/ready"])
        {
            var ready = await GetAsync(_client, path);
            ready.GetProperty("name").GetString().ShouldBe("v2-churn");
            ready.GetProperty("ready").GetBoolean().ShouldBeTrue();
        }

        await ErrorAsync(await _client.GetAsync("/v2/models/none/ready"), 404, "none");
        await ErrorAsync(await _client.GetAsync("/v2/models/v2-churn/versions/9/ready"), 404, "9");
    }

    [Fact]
    public async Task The_specifications_own_example_is_answered()
    {
        // Its first input is a matrix; its second one, of another number of rows, is no model's of this kind, and left out.
        const string example = """
            {
              "id" : "42",
              "inputs" : [
                { "name" : "input0", "shape" : [ 2, 2 ], "datatype" : "UINT32", "data" : [ 1, 2, 3, 4 ] }
              ],
              "outputs" : [ { "name" : "prediction" } ]
            }
            """;
        var answer = await InferAsync("mymodel", example);
        answer.GetProperty("id").GetString().ShouldBe("42");
        answer.GetProperty("model_name").GetString().ShouldBe("mymodel");
        answer.GetProperty("model_version").GetString().ShouldBe("1");
        var output = answer.GetProperty("outputs").EnumerateArray().Single();
        output.GetProperty("name").GetString().ShouldBe("prediction");
        output.GetProperty("shape").GetRawText().ShouldBe("[2]");
        output.GetProperty("datatype").GetString().ShouldBe("FP32");
        output.GetProperty("data").GetArrayLength().ShouldBe(2);
        // Its own tensor data, nested, is the same as flat; and so are the matrix's columns by their names.
        var nested = await InferAsync("mymodel", example.Replace("[ 1, 2, 3, 4 ]", "[ [ 1, 2 ], [ 3, 4 ] ]", StringComparison.Ordinal));
        nested.GetProperty("outputs").GetRawText().ShouldBe(answer.GetProperty("outputs").GetRawText());
        var named = await InferAsync("mymodel", """
            {"inputs":[{"name":"a","shape":[2],"datatype":"UINT32","data":[1,3]},{"name":"b","shape":[2],"datatype":"UINT32","data":[2,4]}]}
            """);
        named.GetProperty("outputs")[0].GetRawText().ShouldBe(output.GetRawText());

        // The whole example: two inputs of which the model has none.
        await ErrorAsync(await PostAsync("mymodel", example.Replace(
            "[ 1, 2, 3, 4 ] }", """[ 1, 2, 3, 4 ] }, { "name" : "input1", "shape" : [ 3 ], "datatype" : "BOOL", "data" : [ true ] }""", StringComparison.Ordinal)), 400, "only input");
    }

    [Fact]
    public async Task The_skew_law_tensors_and_rows_give_the_same_numbers()
    {
        var answer = await InferAsync("v2-churn", $$"""{"id":"x","inputs":{{Inputs}}}""");
        var rows = """{"rows":[{"age":30,"city":"Wien","member":true,"income":1000.5},{"age":80,"city":"Paris","member":false,"income":null}]}""";
        using var plain = await _client.PostAsync("/api/models/v2-churn/predict", new StringContent(rows, Encoding.UTF8, "application/json"));
        var predictions = (await plain.JsonAsync()).GetProperty("predictions").EnumerateArray().ToArray();
        var outputs = answer.GetProperty("outputs").EnumerateArray().ToDictionary(o => o.GetProperty("name").GetString()!);
        outputs["prediction"].GetProperty("data").EnumerateArray().Select(d => d.GetString()).ShouldBe(predictions.Select(p => p.GetProperty("prediction").GetString()));
        outputs["probabilities"].GetProperty("shape").GetRawText().ShouldBe("[2,2]");
        outputs["probabilities"].GetProperty("parameters").GetProperty("classes").GetString().ShouldBe("""["no","yes"]""");
        outputs["probabilities"].GetProperty("data").EnumerateArray().Select(d => d.GetRawText())
            .ShouldBe(predictions.SelectMany(p => p.GetProperty("probabilities").EnumerateObject().Select(c => c.Value.GetRawText())));
        answer.GetProperty("parameters").GetProperty("hash").GetString()!.Length.ShouldBe(64);
        answer.GetProperty("parameters").GetProperty("warnings").GetString()!.ShouldContain("'note'");

        var pinned = await InferAsync("v2-churn/versions/1", $$"""{"inputs":{{Inputs}}}""");
        pinned.GetProperty("model_version").GetString().ShouldBe("1");
        pinned.GetProperty("outputs").GetRawText().ShouldNotBe(answer.GetProperty("outputs").GetRawText());
    }

    [Fact]
    public async Task Outputs_are_chosen_and_contributions_explain()
    {
        var answer = await InferAsync("v2-amounts", $$$"""{"inputs":{{{Inputs}}},"outputs":[{"name":"contributions"}],"parameters":{"anything":{"of":"others"} } }""");
        var output = answer.GetProperty("outputs").EnumerateArray().Single();
        output.GetProperty("shape").GetRawText().ShouldBe("[2,7]");
        var values = output.GetProperty("data").EnumerateArray().Select(v => v.GetDouble()).ToArray();
        var predicted = (await InferAsync("v2-amounts", $$"""{"inputs":{{Inputs}}}""")).GetProperty("outputs").EnumerateArray().Single()
            .GetProperty("data").EnumerateArray().Select(v => v.GetDouble()).ToArray();
        values[..7].Sum().ShouldBe(predicted[0], 1e-3);
        values[7..].Sum().ShouldBe(predicted[1], 1e-3);
        (await InferAsync("v2-churn", $$$"""{"inputs":{{{Inputs}}},"parameters":{"explain":true}}""")).GetProperty("outputs").GetArrayLength().ShouldBe(3);
        (await InferAsync("v2-churn", $$$"""{"inputs":{{{Inputs}}},"parameters":{"dryRun":true}}""")).GetProperty("outputs").GetArrayLength().ShouldBe(0);
    }

    [Theory]
    [InlineData("""{"inputs":[{"name":"agee","shape":[1],"datatype":"FP64","data":[1]}]}""", "'age'")]
    [InlineData("""{"inputs":[{"name":"age","shape":[2],"datatype":"FP64","data":[1]}]}""", "has 1 values where its shape has 2")]
    [InlineData("""{"inputs":[{"name":"age","shape":[1,2],"datatype":"FP64","data":[1,2]}]}""", "[rows] or [rows, 1]")]
    [InlineData("""{"inputs":[{"name":"age","shape":[1],"datatype":"FP65","data":[1]}]}""", "FP65")]
    [InlineData("""{"inputs":[{"name":"age","shape":[1],"datatype":"Int8","data":[1]}]}""", "Int8")]
    [InlineData("""{"inputs":[{"name":"age","shape":[1],"datatype":"UINT8","data":[256]}]}""", "UINT8")]
    [InlineData("""{"inputs":[{"name":"age","shape":[1],"datatype":"INT64","data":[1.5]}]}""", "INT64")]
    [InlineData("""{"inputs":[{"name":"age","shape":[1],"datatype":"FP32","data":["1"]}]}""", "FP32")]
    [InlineData("""{"inputs":[{"name":"city","shape":[1],"datatype":"BYTES","data":[1]}]}""", "BYTES")]
    [InlineData("""{"inputs":[{"name":"age","shape":[-1],"datatype":"FP32","data":[1]}]}""", "shape")]
    [InlineData("""{"inputs":[{"name":"age","shape":[1],"datatype":"FP32"}]}""", "lacks 'data'")]
    [InlineData("""{"inputs":[{"name":"age","shape":[1],"datatype":"FP32","data":1}]}""", "must be an array")]
    [InlineData("""{"inputs":[{"name":"age","shape":[1],"datatype":"FP32","data":[1]},{"name":"income","shape":[2],"datatype":"FP32","data":[1,2]}]}""", "has 2 values")]
    [InlineData("""{"inputs":[{"name":"age","shape":[1],"datatype":"FP32","data":[1]}],"outputs":[{"name":"output0"}]}""", "'output0'")]
    [InlineData("""{"inputs":[]}""", "no row")]
    [InlineData("""{"input":[]}""", "'inputs'")]
    [InlineData("""{}""", "'inputs'")]
    [InlineData("""[""", "inference request")]
    [InlineData("""{"inputs":[{""", "JSON")]
    [InlineData("""{"inputs":[{"name":"age","shape":[1],"datatype":"FP32","data":[1]}],"outputs":[{"name":"interval"}]}""", "'interval'")]
    public async Task What_is_wrong_is_said_in_the_protocols_own_form(string body, string word) => await ErrorAsync(await PostAsync("v2-churn", body), 400, word);

    [Fact]
    public async Task Other_errors_have_that_form_too()
    {
        await ErrorAsync(await PostAsync("none", "{}"), 404, "none");
        await ErrorAsync(await _client.GetAsync("/v2/models/none"), 404, "none");
        await ErrorAsync(await _client.GetAsync("/v2/models/v2-churn/versions/x"), 404, "x");
        await ErrorAsync(await _client.GetAsync("/v2/nothing"), 404, "/v2/nothing");
        await ErrorAsync(await shared.Server.Client().GetAsync("/v2/models/v2-churn"), 401, "key");
        await ErrorAsync(await shared.Server.Client().PostAsync("/v2/models/v2-churn/infer", new StringContent("{}", Encoding.UTF8, "application/json")), 401, "key");
        using var binary = new HttpRequestMessage(HttpMethod.Post, "/v2/models/v2-churn/infer") { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        binary.Headers.Add("Inference-Header-Content-Length", "2");
        await ErrorAsync(await _client.SendAsync(binary), 400, "binary");
    }

    /// <summary>A model of two whole numbers, as the specification's example has them.</summary>
    private static ModelFile Squares()
    {
        var schema = new Schema(
            [new("a", ColumnKind.Numeric, ColumnRole.Feature, 1, ""), new("b", ColumnKind.Numeric, ColumnRole.Feature, 1, ""), new("y", ColumnKind.Numeric, ColumnRole.Label, 1, "")], "y");
        var values = Enumerable.Range(0, 100).Select(i => i % 10.0).ToArray();
        var frame = new Frame(100, [new NumericColumn("a", values), new NumericColumn("b", [.. values.Select((v, i) => (v + i) % 7)])]);
        var labels = values.Select((v, i) => (float)(v * v + i % 3)).ToArray();
        var task = new TaskSpec(TaskKind.Regression, "y", []);
        var learner = BuiltIn.Catalog["gbdt"];
        var context = FitContext.Create(1);
        var (pipeline, features) = FeaturePipeline.FitTransform(new FeaturizerInput(frame, task, labels, default), schema, learner.Info.Needs, context);
        var fit = learner.Fit(
            new TrainingSet { Task = task, FeatureInfos = pipeline.DenseFeatures, Features = features, Labels = labels }, ParameterSet.Empty.With("rounds", 5), context);
        return TinyModels.Fit(TaskKind.Regression) with
        {
            Predictor = new Predictor(schema, task, [new EnsembleMember("gbdt", fit.RefitParameters, pipeline, fit.Model, 1)], new PostProcessing()),
            Profile = new DatasetProfile(100, []),
            FeatureImportance = [],
            WarmupRows = [],
        };
    }

    private static async Task<JsonElement> GetAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(path);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        return await answer.JsonAsync();
    }

    private Task<HttpResponseMessage> PostAsync(string model, string body) =>
        _client.PostAsync($"/v2/models/{model}/infer", new StringContent(body, Encoding.UTF8, "application/json"));

    private async Task<JsonElement> InferAsync(string model, string body)
    {
        using var answer = await PostAsync(model, body);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return await answer.JsonAsync();
    }

    private static async Task ErrorAsync(HttpResponseMessage answer, int status, string word)
    {
        var text = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).ShouldBe(status, text);
        answer.Content.Headers.ContentType?.MediaType.ShouldBe("application/json");
        var error = JsonDocument.Parse(text).RootElement.EnumerateObject().Single();
        error.Name.ShouldBe("error");
        error.Value.GetString()!.ShouldContain(word);
        answer.Dispose();
    }
}
