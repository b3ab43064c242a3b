using System.Xml.Linq;
using Shouldly;

namespace AlgoFactory.Architecture.Tests;

public sealed class DependencyTests
{
    /// <summary>What the compiled code uses, whatever the project files say.</summary>
    [Theory, MemberData(nameof(House.Projects), MemberType = typeof(House))]
    public void Assembly_uses_only_what_lies_below_it(string project) =>
        House.Violations(project, References(project)).ShouldBeEmpty();

    /// <summary>The table could be held against nothing, or the check could find nothing: both would pass above.</summary>
    [Theory]
    [InlineData("Learning", "AlgoFactory.Serving")]
    [InlineData("Search", "AlgoFactory.Serving")]
    [InlineData("Serving", "AlgoFactory.Search")]
    [InlineData("Hosting", "AlgoFactory.Web")]
    [InlineData("Web", "algofactory")]
    [InlineData("Hosting", "Microsoft.AspNetCore.Http.Abstractions")]
    [InlineData("Web", "Microsoft.EntityFrameworkCore.Relational")]
    [InlineData("Web", "Npgsql")]
    public void A_forbidden_edge_is_found(string project, string reference) =>
        House.Violations(project, [.. References(project), reference]).ShouldBe([$"{project} → {reference}"]);

    [Theory, MemberData(nameof(House.Projects), MemberType = typeof(House))]
    public void Assembly_uses_the_project_next_below_it(string project)
    {
        if (House.AllowedEdges[project] is [.., var next]) References(project).ShouldContain($"AlgoFactory.{next}");
    }

    [Theory, MemberData(nameof(House.Projects), MemberType = typeof(House))]
    public void Project_file_references_only_what_lies_below_it(string project)
    {
        var file = Path.Combine(House.Root, "src", $"AlgoFactory.{project}", $"AlgoFactory.{project}.csproj");
        var references = XDocument.Load(file).Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!));
        House.Violations(project, references).ShouldBeEmpty();
    }

    [Fact]
    public void Every_project_of_src_stands_in_the_table() =>
        Directory.GetDirectories(Path.Combine(House.Root, "src"), "AlgoFactory.*")
            .Select(d => Path.GetFileName(d)["AlgoFactory.".Length..])
            .ShouldBe(House.AllowedEdges.Keys, ignoreOrder: true);

    private static string[] References(string project) =>
        [.. House.Load(project).GetReferencedAssemblies().Select(r => r.Name!)];
}
