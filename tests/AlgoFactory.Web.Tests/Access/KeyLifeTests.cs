using System.Net.Http.Json;
using AlgoFactory.Serving.Access;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Access;

[Collection(SharedServerTests.Name)]
public sealed class KeyLifeTests(SharedServer shared)
{
    [Fact]
    public async Task A_key_is_made_works_is_listed_without_its_secret_and_is_refused_once_revoked()
    {
        var admin = await shared.Server.ClientAsync();
        using var made = await admin.PostAsJsonAsync("/api/keys", new { name = "shop", role = "application" });
        ((int)made.StatusCode).ShouldBe(201);
        var key = await made.JsonAsync();
        var (id, secret) = (key.GetProperty("id").GetString()!, key.GetProperty("key").GetString()!);

        var shop = shared.Server.Client();
        shop.DefaultRequestHeaders.Add("X-Api-Key", secret);
        (await (await shop.GetAsync("/api/session")).JsonAsync()).GetProperty("role").GetString().ShouldBe("application");

        var list = await admin.GetStringAsync("/api/keys");
        list.ShouldContain(id);
        list.ShouldNotContain(secret);

        ((int)(await admin.DeleteAsync($"/api/keys/{id}")).StatusCode).ShouldBe(204);
        await (await shop.GetAsync("/api/session")).ProblemAsync(401);
        await (await admin.DeleteAsync("/api/keys/afk_nothing")).ProblemAsync(404);
    }

    [Fact]
    public async Task A_key_cannot_revoke_itself_and_needs_a_name_and_a_known_role()
    {
        var admin = await shared.Server.ClientAsync();
        var own = (await shared.Server.KeyAsync(KeyRole.Admin))[..12];
        (await (await admin.DeleteAsync($"/api/keys/{own}")).ProblemAsync(409)).ShouldContain("itself");
        await (await admin.PostAsJsonAsync("/api/keys", new { name = " ", role = "admin" })).ProblemAsync(400);
        await (await admin.PostAsJsonAsync("/api/keys", new { name = "x", role = "emperor" })).ProblemAsync(400);
    }

    [Fact]
    public async Task Anonymous_callers_get_the_role_that_the_settings_give_and_no_other()
    {
        await using var open = await TestServer.StartAsync("Access:AnonymousRole=Application");
        ((int)(await open.Client().PostAsync("/api/models/none/predict", JsonContent.Create(new { rows = Array.Empty<object>() }))).StatusCode).ShouldBe(404);
        ((int)(await open.Client().GetAsync("/api/datasets")).StatusCode).ShouldBe(403);
    }
}
