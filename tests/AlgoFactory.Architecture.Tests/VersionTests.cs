using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Shouldly;

namespace AlgoFactory.Architecture.Tests;

/// <summary>A build today and a build next year use the same packages.</summary>
public sealed partial class VersionTests
{
    [Fact]
    public void Nuget_versions_are_exact_and_stand_in_one_file()
    {
        var versions = XDocument.Load(Path.Combine(House.Root, "Directory.Packages.props")).Descendants("PackageVersion")
            .Select(p => ((string)p.Attribute("Include")!, (string)p.Attribute("Version")!)).ToArray();
        versions.Length.ShouldBeGreaterThan(20);
        versions.Where(v => !Exact().IsMatch(v.Item2)).ShouldBeEmpty();

        ProjectFiles()
            .SelectMany(f => XDocument.Load(f).Descendants("PackageReference")
                .Where(p => p.Attribute("Version") is not null || p.Attribute("VersionOverride") is not null)
                .Select(p => $"{Path.GetFileName(f)}: {p.Attribute("Include")!.Value}"))
            .ShouldBeEmpty();
    }

    [Fact]
    public void Downloaded_packages_have_one_version() =>
        ProjectFiles()
            .SelectMany(f => XDocument.Load(f).Descendants("PackageDownload"))
            .Select(p => (string)p.Attribute("Version")!)
            .Where(v => !(v.StartsWith('[') && v.EndsWith(']') && Exact().IsMatch(v[1..^1])))
            .ShouldBeEmpty();

    [Fact]
    public void Npm_versions_are_exact()
    {
        using var package = JsonDocument.Parse(File.ReadAllText(Path.Combine(House.Root, "package.json")));
        package.RootElement.GetProperty("dependencies").EnumerateObject()
            .Where(d => !Exact().IsMatch(d.Value.GetString()!)).Select(d => d.ToString())
            .ShouldBeEmpty();
    }

    [Fact]
    public void Every_test_project_stands_in_the_solution()
    {
        var solution = File.ReadAllText(Path.Combine(House.Root, "AlgoFactory.sln"));
        ProjectFiles().Select(f => Path.GetFileName(f)).Where(f => !solution.Contains(f, StringComparison.Ordinal)).ShouldBeEmpty();
    }

    private static IEnumerable<string> ProjectFiles() =>
        ((string[])["src", "tests", "tools", "benchmarks"])
            .SelectMany(folder => Directory.GetFiles(Path.Combine(House.Root, folder), "*.csproj", SearchOption.AllDirectories));

    [GeneratedRegex(@"^\d+(\.\d+)+(-[\w.]+)?$")]
    private static partial Regex Exact();
}
