using System.Globalization;
using System.Text.Json;
using AlgoFactory.Hosting;
using AlgoFactory.Hosting.Prediction;

namespace AlgoFactory.Cli.Remote;

/// <summary>Has a server score a file: uploads it as a batch, follows it, fetches the scored file and removes the batch.</summary>
internal static class RemotePrediction
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(0.5);

    /// <summary>Runs it; cancelling ends the batch on the server too.</summary>
    /// <param name="url">The server's address.</param>
    /// <param name="deployment">The deployment that scores.</param>
    /// <param name="file">The file to score.</param>
    /// <param name="output">The file to write: Parquet when its name ends in <c>.parquet</c>, else CSV.</param>
    /// <param name="scored">What is written beside the predictions.</param>
    /// <param name="progress">Told the records read so far.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="HttpRequestException">The server cannot be reached, or refuses.</exception>
    public static async Task<PredictionReport> RunAsync(
        string url, string deployment, string file, string output, ScoredFileOptions scored, Action<long> progress, CancellationToken cancellation)
    {
        if (!File.Exists(file))
            throw new UsageException($"There is no file '{file}'.");
        var target = Path.GetFullPath(output);
        if (target == Path.GetFullPath(file) || !Directory.Exists(Path.GetDirectoryName(target)))
            throw new UsageException($"The predictions cannot be written to '{output}'; choose another file with --out.");
        using var client = new ServerClient(url);
        var format = output.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase) ? "parquet" : "csv";
        var query = $"deployment={Uri.EscapeDataString(deployment)}&name={Uri.EscapeDataString(Path.GetFileName(file))}&format={format}{Asked(scored)}";
        var path = $"api/batches/{(await client.UploadAsync($"api/batches?{query}", file, cancellation)).GetProperty("id").GetString()}";
        try
        {
            var batch = await FollowAsync(client, path, progress, cancellation);
            await client.DownloadAsync($"{path}/file", target, cancellation);
            await client.DeleteAsync(path, CancellationToken.None);
            return new PredictionReport(
                batch.GetProperty("rows").GetInt64(), batch.GetProperty("errors").GetInt64(), output,
                [.. batch.GetProperty("warnings").EnumerateArray().Select(w => w.GetString()!)]);
        }
        catch (OperationCanceledException)
        {
            await client.PostAsync($"{path}/cancel", null, CancellationToken.None);
            throw;
        }
    }

    private static string Asked(ScoredFileOptions scored) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(scored.Probabilities is { } all ? $"&probabilities={(all ? "true" : "false")}" : "")}{(scored.TopK is { } top ? $"&topK={top}" : "")}{Level("interval", scored.Interval)}{Level("set", scored.Set)}");

    private static string Level(string name, double? level) => level is { } share ? string.Create(CultureInfo.InvariantCulture, $"&{name}={share}") : "";

    private static async Task<JsonElement> FollowAsync(ServerClient client, string path, Action<long> progress, CancellationToken cancellation)
    {
        while (true)
        {
            var batch = await client.GetAsync(path, cancellation);
            switch (batch.GetProperty("state").GetString())
            {
                case "succeeded":
                    return batch;
                case "queued" or "running":
                    progress(batch.GetProperty("rows").GetInt64());
                    await Task.Delay(Look, cancellation);
                    break;
                case var ended:
                    throw new HttpRequestException(RemoteOptions.Text(batch, "error") is { Length: > 0 } error ? error : $"The batch was {ended} on the server.");
            }
        }
    }
}
