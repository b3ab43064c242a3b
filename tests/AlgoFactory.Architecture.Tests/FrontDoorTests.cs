using System.Diagnostics;
using Shouldly;

namespace AlgoFactory.Architecture.Tests;

/// <summary>
/// The script <c>./algofactory</c> in a small house of its own, with tools that stand in for dotnet, node and npm and note how
/// often they were called: what it sets up, when, and what it says where.
/// </summary>
public sealed class FrontDoorTests : IDisposable
{
    // "publish" makes a program; anything else runs one: it says its file, its folder and its arguments.
    private const string Dotnet = """
        #!/bin/bash
        case $1 in
            --version) echo 10.0.100 ;;
            publish)
                echo publish >>"$CALLS"
                sleep 0.3
                [ ! -e broken ] || { echo "error CS1002: broken"; exit 1; }
                while [ "$1" != -o ]; do shift; done
                mkdir -p "$2" && cat src/code.cs >"$2/algofactory.dll" ;;
            *) program=$(cat "$1"); shift; printf '%s|%s|%s\n' "$program" "$PWD" "$*"; [ "$1" != wait ] || read -r ;;
        esac
        """;

    private const string Npm = """
        #!/bin/bash
        echo npm >>"$CALLS"; echo "added 1 package"; mkdir -p node_modules
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("front door ");
    private readonly string _root;
    private readonly string _bin;

    public FrontDoorTests()
    {
        _root = _folder.CreateSubdirectory("the house").FullName;
        _bin = _folder.CreateSubdirectory("bin").FullName;
        File.Copy(Path.Combine(House.Root, "algofactory"), Path.Combine(_root, "algofactory"));
        Directory.CreateDirectory(Path.Combine(_root, "src", "obj"));
        foreach (var file in (string[])["src/code.cs", "Directory.Build.props", "global.json", "package-lock.json", ".editorconfig"])
            File.WriteAllText(Path.Combine(_root, file), "one");
        AddTool("dotnet", Dotnet);
        AddTool("npm", Npm);
        AddTool("node", "#!/bin/bash\necho v20.1.0\n");
    }

    [Fact]
    public void Sets_up_once_and_says_so_on_standard_error_only()
    {
        var first = Run("train", "a b.csv");
        first.Output.ShouldBe($"one|{_folder.FullName}|train a b.csv\n");
        first.Error.ShouldContain("npm ci");
        first.Error.ShouldContain("building");

        var second = Run("train", "a b.csv");
        second.Output.ShouldBe(first.Output);
        second.Error.ShouldBeEmpty();
        Calls().ShouldBe(["npm", "publish"]);
    }

    [Fact]
    public void Builds_again_when_contents_change_and_only_then()
    {
        Run("x");
        File.SetLastWriteTimeUtc(Path.Combine(_root, "src/code.cs"), DateTime.UtcNow.AddHours(1));
        File.WriteAllText(Path.Combine(_root, "src/obj/made.cs"), "by the build");
        Run("x").Error.ShouldBeEmpty();

        File.WriteAllText(Path.Combine(_root, "src/code.cs"), "two");
        File.SetLastWriteTimeUtc(Path.Combine(_root, "src/code.cs"), DateTime.UtcNow.AddYears(-1));
        Run("x").Output.ShouldStartWith("two|");
        Calls().ShouldBe(["npm", "publish", "publish"]);
    }

    [Fact]
    public void Installs_packages_again_when_their_folder_is_gone()
    {
        Run("x");
        Directory.Delete(Path.Combine(_root, "node_modules"), recursive: true);
        Run("x").Output.ShouldStartWith("one|");
        Calls().ShouldBe(["npm", "publish", "npm"]);
    }

    [Fact]
    public async Task Builds_once_when_two_start_at_once()
    {
        var starts = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => Run("x"))));
        foreach (var start in starts) start.Output.ShouldBe($"one|{_folder.FullName}|x\n");
        Calls().ShouldBe(["npm", "publish"]);
    }

    [Fact]
    public void Leaves_the_files_of_a_running_program_alone()
    {
        using var running = Start("wait");
        running.StandardOutput.ReadLine().ShouldNotBeNull();
        File.WriteAllText(Path.Combine(_root, "src/code.cs"), "two");
        Run("x").Output.ShouldStartWith("two|");
        Builds().ShouldBe(2);

        running.StandardInput.WriteLine();
        running.WaitForExit();
        File.WriteAllText(Path.Combine(_root, "src/code.cs"), "three");
        Run("x").Output.ShouldStartWith("three|");
        Builds().ShouldBe(1);
    }

    [Fact]
    public void Can_be_called_through_a_link()
    {
        var link = Path.Combine(_bin, "af");
        File.CreateSymbolicLink(link, Path.Combine(_root, "algofactory"));
        Finish(StartThrough(link, "x")).Output.ShouldBe($"one|{_folder.FullName}|x\n");
    }

    [Fact]
    public void A_failed_build_is_shown_on_standard_error_and_tried_again()
    {
        File.WriteAllText(Path.Combine(_root, "broken"), "");
        var failed = Run("x");
        failed.Code.ShouldBe(1);
        failed.Output.ShouldBeEmpty();
        failed.Error.ShouldContain("error CS1002");
        File.Delete(Path.Combine(_root, "broken"));
        Run("x").Output.ShouldStartWith("one|");
    }

    [Theory]
    [InlineData("dotnet", "#!/bin/bash\nexit 1\n", ".NET SDK 10 is needed")]
    [InlineData("node", "#!/bin/bash\necho v18.19.0\n", "this is 18.19.0")]
    [InlineData("npm", "#!/bin/bash\necho no network >&2; exit 1\n", "npm ci failed")]
    public void Says_in_a_sentence_what_is_missing(string tool, string script, string says)
    {
        AddTool(tool, script);
        var failed = Run("x");
        failed.Code.ShouldBe(1);
        failed.Output.ShouldBeEmpty();
        failed.Error.ShouldContain(says);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private int Builds() => Directory.GetDirectories(Path.Combine(_root, ".build"), "app-*").Length;

    private string[] Calls() => File.ReadAllLines(Path.Combine(_folder.FullName, "calls"));

    private (string Output, string Error, int Code) Run(params string[] arguments) => Finish(Start(arguments));

    private static (string Output, string Error, int Code) Finish(Process process)
    {
        using (process)
        {
            process.StandardInput.Close();
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (output, error.GetAwaiter().GetResult(), process.ExitCode);
        }
    }

    private Process Start(params string[] arguments) => StartThrough(Path.Combine(_root, "algofactory"), arguments);

    private Process StartThrough(string door, params string[] arguments)
    {
        var start = new ProcessStartInfo(door, arguments)
        {
            WorkingDirectory = _folder.FullName,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{_bin}:/usr/bin:/bin";
        start.Environment["CALLS"] = Path.Combine(_folder.FullName, "calls");
        return Process.Start(start)!;
    }

    private void AddTool(string name, string script)
    {
        var path = Path.Combine(_bin, name);
        File.WriteAllText(path, script);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
