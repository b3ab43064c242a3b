using AlgoFactory.Hosting.Options;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.ApiDescription;

[Collection(SharedServerTests.Name)]
public sealed class OpenApiTests(SharedServer shared)
{
    /// <summary>
    /// The surface changes only by a visible diff. After a wanted change: run the tests with ALGOFACTORY_UPDATE=1, which
    /// writes the file, and review it.
    /// </summary>
    [Fact]
    public async Task The_description_is_the_committed_one()
    {
        var committed = Path.Combine(ProgramFolder.Root, "openapi.json");
        var served = (await shared.Server.Client().GetStringAsync("/openapi/v1.json")).ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable("ALGOFACTORY_UPDATE") == "1")
            await File.WriteAllTextAsync(committed, served);
        served.ShouldBe((await File.ReadAllTextAsync(committed)).ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Swagger_UI_is_served_without_inline_script()
    {
        var page = await shared.Server.Client().GetStringAsync("/swagger/index.html");
        page.ShouldContain("swagger-ui");
        foreach (var tag in System.Text.RegularExpressions.Regex.Matches(page, "<script[^>]*>").Select(m => m.Value))
            tag.ShouldContain("src=");
    }
}
