using System.Net.Http.Json;
using AlgoFactory.Serving.Access;
using AlgoFactory.Storage;
using AlgoFactory.Web.Access;
using AlgoFactory.Web.Tests.Server;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;
using NSubstitute.ExceptionExtensions;

namespace AlgoFactory.Web.Tests.Access;

/// <summary>A browser's session: the cookie, what it may do, and what another site's page may not do with it.</summary>
[Collection(SharedServerTests.Name)]
public sealed class SessionTests(SharedServer shared)
{
    [Fact]
    public async Task Signing_in_sets_a_strict_cookie_that_scripts_cannot_read()
    {
        var cookie = await CookieAsync(await shared.Server.KeyAsync(KeyRole.Analyst));
        cookie.ShouldContain("samesite=strict");
        cookie.ShouldContain("httponly");
        using var answer = await GetAsync("/api/session", cookie);
        (await answer.JsonAsync()).GetProperty("role").GetString().ShouldBe("analyst");
    }

    [Fact]
    public async Task Signing_in_is_in_the_audit_log_with_the_key_that_did_it()
    {
        var made = await shared.Server.Get<KeyService>().CreateAsync("seen", KeyRole.Analyst, default);
        await CookieAsync(made.Secret);
        (await shared.Server.Get<IAuditLog>().ListAsync(200, default)).ShouldContain(e => e.Action == "session.begin" && e.Subject == made.Key.Id && e.Who == "seen");
    }

    [Fact]
    public async Task An_audit_log_that_cannot_be_written_keeps_nobody_out()
    {
        var full = Substitute.For<IAuditLog>();
        full.AddAsync(default!, default).ThrowsAsyncForAnyArgs(new StorageException("The disk is full."));
        var sessions = Substitute.For<IAuthenticationService>();
        var context = new DefaultHttpContext { RequestServices = new ServiceCollection().AddSingleton(sessions).BuildServiceProvider() };
        var signIn = new SignIn(shared.Server.Get<KeyService>(), new Audit(full, TimeProvider.System), NullLogger<SignIn>.Instance);

        (await signIn.SignInAsync(context, await shared.Server.KeyAsync(KeyRole.Admin))).ShouldNotBeNull();
        await full.ReceivedWithAnyArgs(1).AddAsync(default!, default);
        await sessions.ReceivedWithAnyArgs(1).SignInAsync(default!, default, default!, default);
    }

    [Fact]
    public async Task A_wrong_key_signs_nobody_in()
    {
        using var answer = await shared.Server.Client().PostAsJsonAsync("/api/session", new { key = "afk_wrong" });
        await answer.ProblemAsync(401);
        answer.Headers.Contains("Set-Cookie").ShouldBeFalse();
    }

    [Fact]
    public async Task A_cookie_alone_cannot_change_anything()
    {
        var cookie = await CookieAsync(await shared.Server.KeyAsync(KeyRole.Admin));
        using var forged = await SendAsync(HttpMethod.Post, "/api/keys", cookie);
        (await forged.ProblemAsync(403)).ShouldContain("X-Requested-With");
        using var foreign = await SendAsync(HttpMethod.Post, "/api/keys", cookie, ("X-Requested-With", "fetch"), ("Sec-Fetch-Site", "cross-site"));
        (await foreign.ProblemAsync(403)).ShouldContain("another site");
        using var own = await SendAsync(HttpMethod.Post, "/api/keys", cookie, ("X-Requested-With", "fetch"), ("Sec-Fetch-Site", "same-origin"));
        ((int)own.StatusCode).ShouldBe(201);
    }

    [Fact]
    public async Task A_cookie_may_predict_with_the_header_only()
    {
        var cookie = await CookieAsync(await shared.Server.KeyAsync(KeyRole.Analyst));
        using var forged = await SendAsync(HttpMethod.Post, "/api/models/none/predict", cookie);
        await forged.ProblemAsync(403);
        using var own = await SendAsync(HttpMethod.Post, "/api/models/none/predict", cookie, ("X-Requested-With", "fetch"));
        await own.ProblemAsync(404);
    }

    [Fact]
    public async Task Revoking_the_key_ends_its_sessions()
    {
        var keys = shared.Server.Get<KeyService>();
        var made = await keys.CreateAsync("leaves soon", KeyRole.Analyst, default);
        var cookie = await CookieAsync(made.Secret);
        using (var before = await GetAsync("/api/session", cookie))
            ((int)before.StatusCode).ShouldBe(200);
        await keys.RevokeAsync(made.Key.Id, default);
        using var after = await GetAsync("/api/session", cookie);
        await after.ProblemAsync(401);
    }

    private async Task<string> CookieAsync(string key)
    {
        using var answer = await shared.Server.Client().PostAsJsonAsync("/api/session", new { key });
        ((int)answer.StatusCode).ShouldBe(200);
        return answer.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("algofactory=", StringComparison.Ordinal));
    }

    private Task<HttpResponseMessage> GetAsync(string path, string cookie) => SendAsync(HttpMethod.Get, path, cookie);

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string cookie, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Cookie", cookie.Split(';')[0]);
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        if (method == HttpMethod.Post)
            request.Content = JsonContent.Create(path == "/api/keys" ? new { name = "made by a browser", role = "application" } : (object)new { rows = Array.Empty<object>() });
        return shared.Server.Client().SendAsync(request);
    }
}
