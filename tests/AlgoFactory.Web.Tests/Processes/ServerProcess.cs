using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Processes;

/// <summary>The built program as a process of its own, with its worker; to be killed.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private ServerProcess(Process process) => _process = process;

    public HttpClient Client { get; private set; } = null!;

    public string Key { get; private set; } = null!;

    public int Id => _process.Id;

    /// <summary>The built program.</summary>
    public static string Program { get; } = Path.Combine(
        ProgramFolder.Root, "src", "AlgoFactory.Cli", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0", "algofactory.dll");

    /// <summary>Starts the server on a folder and waits until it is ready; the key is the one it prints, or the one given.</summary>
    public static async Task<ServerProcess> StartAsync(string folder, string? key = null, params string[] settings)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Program, "serve", "--urls", "http://127.0.0.1:0", "--data", Path.Combine(folder, "data"), "--models", Path.Combine(folder, "models")])
            start.ArgumentList.Add(argument);
        foreach (var setting in settings)
        {
            var name = setting.Split('=')[0].Replace(":", "__", StringComparison.Ordinal);
            start.Environment[name.StartsWith("Logging__", StringComparison.Ordinal) || name.StartsWith("OTEL_", StringComparison.Ordinal) ? name : $"AlgoFactory__{name}"] = setting[(setting.IndexOf('=') + 1)..];
        }

        // The tests wait for the worker: beside other test processes it shall not stand back.
        start.Environment["AlgoFactory__Worker__Nice"] = "0";
        // They live for seconds: code that counts its calls to be compiled better would cost more than it brings.
        start.Environment["DOTNET_TieredPGO"] = "0";
        var server = new ServerProcess(Process.Start(start)!);
        server._process.OutputDataReceived += (_, line) => server._output.Enqueue(line.Data ?? "");
        server._process.ErrorDataReceived += (_, line) => server._output.Enqueue(line.Data ?? "");
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        await Until.TrueAsync(() => server._process.HasExited ? throw new InvalidOperationException(server.Output) : Address().IsMatch(server.Output));
        server.Key = key ?? KeyText().Match(server.Output).Value;
        server.Client = new HttpClient { BaseAddress = new Uri(Address().Match(server.Output).Groups[1].Value) };
        server.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.Key);
        return server;
    }

    /// <summary>Everything that was written so far.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>The worker's process id, or null while there is none.</summary>
    public int? WorkerId => Children(Id).Cast<int?>().FirstOrDefault();

    /// <summary>kill -9.</summary>
    public static void Kill(int id)
    {
        using var process = Process.GetProcessById(id);
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>Stops a process where it is, as a debugger does, until it is killed.</summary>
    public static async Task FreezeAsync(int id)
    {
        using var kill = Process.Start("kill", ["-STOP", id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>kill -9 the server; returns when it and its worker are gone.</summary>
    public async Task KillAsync()
    {
        var worker = WorkerId;
        _process.Kill();
        await _process.WaitForExitAsync();
        if (worker is { } id)
            await Until.TrueAsync(() => !Directory.Exists($"/proc/{id}") || State(id) == 'Z');
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    private static IEnumerable<int> Children(int parent)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && Stat(id) is { } stat && stat[1] == parent.ToString(CultureInfo.InvariantCulture))
                yield return id;
    }

    private static char State(int id) => Stat(id) is { } stat ? stat[0][0] : 'Z';

    // The fields after the program's name, which stands in parentheses: state, parent, ….
    private static string[]? Stat(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"listens on (http://\S+)")]
    private static partial Regex Address();

    [GeneratedRegex("afk_[A-Za-z0-9_-]{43}")]
    private static partial Regex KeyText();
}
