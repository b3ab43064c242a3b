using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using AlgoFactory.Hosting;

namespace AlgoFactory.Cli.Commands;

/// <summary>
/// <c>install COMPONENT</c>: fetches a native library that only some commands need. What there is, is in the folders of
/// <c>native/</c> that have a package.json; npm checks what it fetches against the lock file beside it.
/// </summary>
internal static class InstallCommand
{
    public static Command Create()
    {
        var component = new Argument<string>("COMPONENT") { Description = "What to install: onnxruntime, mobilenet or sentence-encoder." };
        var command = new Command("install", "Fetch a library that only some commands need.") { component };
        command.SetAction((line, _) => CommandRun.RunAsync(cancellation => InstallAsync(line.GetRequiredValue(component), cancellation)));
        return command;
    }

    private static async Task InstallAsync(string component, CancellationToken cancellation)
    {
        var folders = Components();
        if (!folders.TryGetValue(component, out var folder))
            throw new UsageException(folders.Count == 0
                ? "There is nothing to install beside this program: it has no native/ folder with packages; put the libraries into a folder and name it in ALGOFACTORY_NATIVE."
                : $"There is no component '{component}'; there is: {string.Join(", ", folders.Keys)}.");
        Console.Error.WriteLine($"Fetching {component} (npm ci) ...");
        using var npm = Start(folder);
        try
        {
            await npm.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            npm.Kill(entireProcessTree: true);
            throw;
        }

        if (npm.ExitCode != 0)
            throw new IOException("npm ci failed; its message stands above. Check the network or npm's registry setting and try again.");
        // As the front door and the tests do it: a copy of the lock file tells what is installed, and whether wholly.
        File.Copy(Path.Combine(folder, "package-lock.json"), Path.Combine(folder, "node_modules", ".installed-lock.json"), overwrite: true);
        Console.Error.WriteLine($"{component} is installed in {folder}.");
    }

    /// <summary>The components of the nearest folder above the program that has some.</summary>
    private static SortedDictionary<string, string> Components()
    {
        for (var above = new DirectoryInfo(AppContext.BaseDirectory); above is not null; above = above.Parent)
        {
            var native = new DirectoryInfo(Path.Combine(above.FullName, "native"));
            var found = native.Exists ? native.GetDirectories().Where(d => File.Exists(Path.Combine(d.FullName, "package-lock.json"))).ToArray() : [];
            if (found.Length > 0)
                return new SortedDictionary<string, string>(found.ToDictionary(d => d.Name, d => d.FullName), StringComparer.Ordinal);
        }

        return [];
    }

    private static Process Start(string folder)
    {
        // npm speaks to standard error: standard output belongs to the command.
        var start = new ProcessStartInfo("sh") { WorkingDirectory = folder, ArgumentList = { "-c", "exec npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2" } };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new IOException($"npm could not be started ({e.Message}); install Node.js 20 or newer (https://nodejs.org).", e);
        }
    }
}
