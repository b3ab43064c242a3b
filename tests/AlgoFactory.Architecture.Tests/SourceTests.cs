using System.Text.RegularExpressions;
using Shouldly;

namespace AlgoFactory.Architecture.Tests;

/// <summary>What no source file may hold. Generated migrations are left out.</summary>
public sealed class SourceTests
{
    // The words are put together here so that this file passes its own rules.
    public static TheoryData<string, string> Forbidden => new()
    {
        { "a path of a machine", @"[""'\s(=]/(work|home/\w|root|tmp)/" },
        { "a silenced warning", "#pragma warning " + "disable" },
        { "an unfinished thought", @"\b(TO" + "DO|FIX" + @"ME|HA" + @"CK)\b" },
        { "an empty catch", @"catch\s*(\([^)]*\)\s*)?(when\s*\([^{]*\)\s*)?\{\s*\}" },
        { "a blocked thread", @"\bThread\." + @"Sleep\(" },
        { "a forced collection", @"\bGC\." + @"Collect\(" },
        { "a block-scoped namespace", @"(?m)^namespace [\w.]+\s*$" },
    };

    [Theory, MemberData(nameof(Forbidden))]
    public void Source_holds_no(string what, string pattern)
    {
        var rule = new Regex(pattern, RegexOptions.CultureInvariant);
        Sources("src")
            .SelectMany(file => rule.Matches(File.ReadAllText(file)).Select(m => $"{Path.GetRelativePath(House.Root, file)}: {what}: {m.Value.Trim()}"))
            .ShouldBeEmpty();
    }

    [Theory]
    [InlineData("try { X(); } catch (Exception e) when (e is IOException) { }", 3)]
    [InlineData("try { X(); } catch { }", 3)]
    [InlineData("Open(\"/tmp/x\")", 0)]
    [InlineData("Thread" + ".Sleep(5)", 4)]
    [InlineData("namespace A.B\n{", 6)]
    public void The_rules_find_what_they_forbid(string source, int rule) =>
        Regex.IsMatch(source, (string)Forbidden.ElementAt(rule)[1]).ShouldBeTrue();

    [Fact]
    public void Tests_use_only_data_that_comes_with_the_repository() =>
        Sources("tests").Where(f => Path.GetFileName(f) != "SourceTests.cs")
            .Where(f => Regex.IsMatch(File.ReadAllText(f), @"\.\./shared|[""']/(home|root)/"))
            .ShouldBeEmpty();

    private static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(Path.Combine(House.Root, folder), "*", SearchOption.AllDirectories)
            .Where(f => Path.GetExtension(f) is ".cs" or ".razor")
            .Where(f => !Regex.IsMatch(f, "/(bin|obj|Migrations)/"));
}
