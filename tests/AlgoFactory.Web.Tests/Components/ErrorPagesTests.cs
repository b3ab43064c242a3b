using System.Net.Http.Headers;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Components;

/// <summary>A person with a browser gets a page for every error, never an empty one and never JSON.</summary>
[Collection(SharedServerTests.Name)]
public sealed class ErrorPagesTests(SharedServer shared)
{
    [Theory]
    [InlineData("GET", "/nothing/here", 404, "There is nothing at this address")]
    [InlineData("GET", "/forbidden", 403, "Your key may not do this")]
    [InlineData("POST", "/sign-in", 400, "open for too long")]
    public async Task Each_has_a_page(string method, string path, int status, string words)
    {
        using var answer = await SendAsync(new HttpMethod(method), path);
        ((int)answer.StatusCode).ShouldBe(status);
        answer.Content.Headers.ContentType?.MediaType.ShouldBe("text/html");
        (await answer.Content.ReadAsStringAsync()).ShouldContain(words);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/datasets")]
    [InlineData("/models/none")]
    [InlineData("/keys")]
    public async Task A_visitor_is_sent_to_sign_in_and_back(string path)
    {
        using var answer = await SendAsync(HttpMethod.Get, path);
        ((int)answer.StatusCode).ShouldBe(302);
        answer.Headers.Location.ShouldNotBeNull().PathAndQuery.ShouldBe($"/sign-in?returnUrl={Uri.EscapeDataString(path)}");
    }

    [Theory]
    [InlineData("/datasets/none")]
    [InlineData("/experiments/none")]
    [InlineData("/models/none")]
    [InlineData("/models/none/versions/3")]
    [InlineData("/deployments/none")]
    public async Task What_is_gone_is_not_found(string path)
    {
        using var request = Request(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await shared.Server.KeyAsync(AlgoFactory.Serving.Access.KeyRole.Admin));
        using var answer = await shared.Server.Client().SendAsync(request);
        ((int)answer.StatusCode).ShouldBe(404);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("There is nothing at this address");
    }

    [Fact]
    public async Task No_page_has_anything_inline()
    {
        foreach (var path in (string[])["/", "/datasets", "/experiments", "/experiments/new", "/models", "/deployments", "/keys", "/sign-in", "/not-found"])
        {
            using var request = Request(HttpMethod.Get, path);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await shared.Server.KeyAsync(AlgoFactory.Serving.Access.KeyRole.Admin));
            using var answer = await shared.Server.Client().SendAsync(request);
            var html = await answer.Content.ReadAsStringAsync();
            html.ShouldNotContain(" style=", Case.Insensitive, path);
            html.ShouldNotMatch("""<[^>]*\son[a-z]+=""", path);
            html.ShouldNotMatch("<script(?![^>]*src=)", path);
            html.ShouldNotContain("<style", Case.Insensitive, path);
        }
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path) => shared.Server.Client().SendAsync(Request(method, path));

    private static HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));
        return request;
    }
}
