using System.Net;
using System.Net.Http.Json;
using AlgoFactory.Learning;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Models;

[Collection(SharedServerTests.Name)]
public sealed class ModelsApiTests(SharedServer shared)
{
    [Fact]
    public async Task A_model_is_uploaded_listed_shown_downloaded_and_deleted()
    {
        var client = await shared.Server.ClientAsync();
        var bytes = Bytes(seed: 1);
        using var uploaded = await client.PostAsync("/api/models/uploaded/versions", new ByteArrayContent(bytes));
        uploaded.StatusCode.ShouldBe(HttpStatusCode.Created);
        var version = await uploaded.JsonAsync();
        version.GetProperty("version").GetInt32().ShouldBe(1);
        version.GetProperty("task").GetString().ShouldBe("binary");

        (await client.GetStringAsync("/api/models")).ShouldContain("\"uploaded\"");
        var detail = await client.GetFromJsonAsync<System.Text.Json.JsonElement>("/api/models/uploaded/versions/1");
        detail.GetProperty("metrics").GetProperty("auc").GetDouble().ShouldBe(0.75);
        detail.GetProperty("version").GetProperty("hash").GetString().ShouldBe(version.GetProperty("hash").GetString());
        (await client.GetByteArrayAsync("/api/models/uploaded/versions/1/file")).ShouldBe(bytes);

        (await client.PutAsJsonAsync("/api/deployments/uploaded", new { })).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await (await client.DeleteAsync("/api/models/uploaded/versions/1")).ProblemAsync(409)).ShouldContain("serves");
        (await client.DeleteAsync("/api/deployments/uploaded")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await client.DeleteAsync("/api/models/uploaded/versions/1")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await (await client.GetAsync("/api/models/uploaded/versions/1")).ProblemAsync(404);
        using var again = await client.PostAsync("/api/models/uploaded/versions", new ByteArrayContent(bytes));
        (await again.JsonAsync()).GetProperty("version").GetInt32().ShouldBe(2);
    }

    [Fact]
    public async Task A_tree_is_given_as_data_and_as_a_picture()
    {
        var client = await shared.Server.ClientAsync();
        shared.Server.Publish("forested", TinyModels.Fit(TaskKind.Multiclass, 1, "gbdt"));
        shared.Server.Publish("treeless", TinyModels.Fit(TaskKind.Binary, 1));
        var tree = await client.GetFromJsonAsync<System.Text.Json.JsonElement>("/api/models/forested/versions/1/trees/1");
        tree.GetProperty("output").GetString().ShouldBe("mid");
        tree.GetProperty("nodes")[0].GetProperty("test").GetString().ShouldNotBeEmpty();
        using var picture = await client.GetAsync("/api/models/forested/versions/1/trees/1?format=svg");
        picture.Content.Headers.ContentType!.MediaType.ShouldBe("image/svg+xml");
        (await picture.Content.ReadAsStringAsync()).ShouldStartWith("<svg");
        await (await client.GetAsync("/api/models/forested/versions/1/trees/1?format=png")).ProblemAsync(400);
        await (await client.GetAsync("/api/models/forested/versions/1/trees/24")).ProblemAsync(404);
        await (await client.GetAsync("/api/models/forested/versions/9/trees/0")).ProblemAsync(404);
        await (await client.GetAsync("/api/models/forested/versions/1/trees/0?member=1")).ProblemAsync(404);
        (await (await client.GetAsync("/api/models/treeless/versions/1/trees/0")).ProblemAsync(404)).ShouldContain("no trees");
        (await shared.Server.Client().GetAsync("/api/models/forested/versions/1/trees/1")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_file_that_is_no_model_is_refused_and_leaves_nothing()
    {
        var client = await shared.Server.ClientAsync();
        var cut = Bytes(seed: 2)[..2000];
        foreach (var body in (byte[][])[[], [1, 2, 3], cut])
            await (await client.PostAsync("/api/models/broken/versions", new ByteArrayContent(body))).ProblemAsync(400);
        await (await client.PostAsync("/api/models/.hidden/versions", new ByteArrayContent(cut))).ProblemAsync(400);
        await (await client.GetAsync("/api/models/broken")).ProblemAsync(404);
        Directory.EnumerateFiles(Path.Combine(shared.Server.DataFolder, "incoming")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_model_file_beyond_the_limit_is_refused()
    {
        await using var small = await TestServer.StartAsync("Uploads:MaxModelBytes=1000");
        await (await (await small.ClientAsync()).PostAsync("/api/models/m/versions", new ByteArrayContent(new byte[1001]))).ProblemAsync(413);
    }

    [Fact]
    public async Task Deployments_are_made_swapped_rolled_back_and_told()
    {
        var client = await shared.Server.ClientAsync();
        shared.Server.Publish("swapped", TinyModels.Fit(TaskKind.Binary, 1));
        shared.Server.Publish("swapped", TinyModels.Fit(TaskKind.Binary, 2));
        foreach (var version in (int[])[1, 2])
            (await (await client.PutAsJsonAsync("/api/deployments/front", new { model = "swapped", version, reason = $"try {version}" })).JsonAsync())
                .GetProperty("version").GetInt32().ShouldBe(version);
        using var back = await client.PostAsync("/api/deployments/front/rollback", null);
        (await back.JsonAsync()).GetProperty("version").GetInt32().ShouldBe(1);
        var history = await client.GetFromJsonAsync<System.Text.Json.JsonElement>("/api/deployments/front/history");
        history.EnumerateArray().Select(d => (d.GetProperty("version").GetInt32(), d.GetProperty("reason").GetString()))
            .ShouldBe([(1, "rollback"), (2, "try 2"), (1, "try 1")]);
        await (await client.PutAsJsonAsync("/api/deployments/front", new { model = "swapped", version = 9 })).ProblemAsync(404);
        await (await client.PutAsJsonAsync("/api/deployments/..%2fx", new { model = "swapped" })).ProblemAsync(400);
    }

    private byte[] Bytes(int seed)
    {
        var file = Path.Combine(shared.Server.DataFolder, $"{Guid.NewGuid():N}.afm");
        TinyModels.Fit(TaskKind.Binary, seed).Save(file);
        var bytes = File.ReadAllBytes(file);
        File.Delete(file);
        return bytes;
    }
}
