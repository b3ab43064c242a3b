using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using AlgoFactory.Hosting;

namespace AlgoFactory.Cli.Commands;

/// <summary>
/// <c>install COMPONENT</c>: fetches a native library that only some commands need. What there is, is in the folders of
/// <c>native/</c>: those that have a package.json are fetched by npm, which checks what it fetches against the lock file beside it;
/// <c>torch</c> is Debian's libtorch and our shim over it, compiled here.
/// </summary>
internal static class InstallCommand
{
    private const string Torch = "torch";

    /// <summary>
    /// What the shim is compiled from, and OpenBLAS: without it Debian's libtorch multiplies matrices with the reference BLAS, which
    /// makes a step of a transformer seven times as long. None of Debian's recommended packages.
    /// </summary>
    private const string TorchPackages = "libtorch-dev libopenblas0-pthread g++";

    private const string HasTorch = "test -f /usr/include/torch/csrc/api/include/torch/torch.h && ls /usr/lib/*/openblas-*/libblas.so.3 >/dev/null 2>&1 && command -v g++ >/dev/null";

    public static Command Create()
    {
        var component = new Argument<string>("COMPONENT") { Description = "What to install: onnxruntime (answers networks), mobilenet, sentence-encoder (networks that others trained) or torch (trains them)." };
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
        if (component == Torch)
        {
            await InstallTorchAsync(folder, cancellation);
            return;
        }

        Console.Error.WriteLine($"Fetching {component} (npm ci) ...");
        await RunAsync(
            folder, "npm ci --ignore-scripts --no-audit --no-fund --loglevel=error",
            "npm ci failed; its message stands above. Check the network or npm's registry setting and try again.", cancellation);
        // As the front door and the tests do it: a copy of the lock file tells what is installed, and whether wholly.
        File.Copy(Path.Combine(folder, "package-lock.json"), Path.Combine(folder, "node_modules", ".installed-lock.json"), overwrite: true);
        Console.Error.WriteLine($"{component} is installed in {folder}.");
    }

    private static async Task InstallTorchAsync(string folder, CancellationToken cancellation)
    {
        const string apt = $"apt-get install -y --no-install-recommends {TorchPackages}";
        if (await CodeAsync(folder, HasTorch, cancellation) != 0)
        {
            // The system's packages are its administrator's: without the rights, the one command is said and nothing done.
            if (!Environment.IsPrivilegedProcess)
                throw new IOException($"libtorch comes from Debian's packages, and installing those needs root; run: sudo {apt} && ./algofactory install torch");
            Console.Error.WriteLine($"Installing Debian's libtorch and OpenBLAS, 132 MB to fetch and 555 MB on disk ({apt}) ...");
            await RunAsync(
                folder, $"apt-get update -qq && DEBIAN_FRONTEND=noninteractive {apt} -qq",
                $"apt-get failed; its message stands above. On a system that is not Debian, unpack a libtorch and run: {folder}/build.sh FOLDER", cancellation);
        }

        Console.Error.WriteLine("Compiling the shim over it (native/torch/build.sh, less than a minute) ...");
        await RunAsync(folder, "./build.sh", "The shim could not be compiled; the compiler's message stands above.", cancellation);
        Console.Error.WriteLine($"{Torch} is installed in {folder}/lib.");
    }

    /// <summary>The components of the nearest folder above the program that has some.</summary>
    private static SortedDictionary<string, string> Components()
    {
        for (var above = new DirectoryInfo(AppContext.BaseDirectory); above is not null; above = above.Parent)
        {
            var native = new DirectoryInfo(Path.Combine(above.FullName, "native"));
            var found = native.Exists
                ? native.GetDirectories().Where(d => File.Exists(Path.Combine(d.FullName, "package-lock.json")) || File.Exists(Path.Combine(d.FullName, "build.sh"))).ToArray()
                : [];
            if (found.Length > 0)
                return new SortedDictionary<string, string>(found.ToDictionary(d => d.Name, d => d.FullName), StringComparer.Ordinal);
        }

        return [];
    }

    private static async Task RunAsync(string folder, string command, string failure, CancellationToken cancellation)
    {
        if (await CodeAsync(folder, command, cancellation) != 0)
            throw new IOException(failure);
    }

    private static async Task<int> CodeAsync(string folder, string command, CancellationToken cancellation)
    {
        // What it says goes to standard error: standard output belongs to the command.
        var start = new ProcessStartInfo("sh") { WorkingDirectory = folder, ArgumentList = { "-c", $"exec >&2; {command}" } };
        using var shell = Start(start);
        try
        {
            await shell.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            shell.Kill(entireProcessTree: true);
            throw;
        }

        return shell.ExitCode == 127
            ? throw new IOException($"A program of '{command}' was not found; npm comes with Node.js 20 or newer (https://nodejs.org).")
            : shell.ExitCode;
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new IOException($"No shell could be started ({e.Message}).", e);
        }
    }
}
