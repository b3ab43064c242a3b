using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using AlgoFactory.Hosting;

namespace AlgoFactory.Cli.Remote;

/// <summary>Speaks to a server's API with the key in <c>ALGOFACTORY_KEY</c>; every refusal becomes one sentence.</summary>
internal sealed class ServerClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _url;

    /// <summary>Creates a client.</summary>
    /// <exception cref="UsageException">The address is none, or the key is missing.</exception>
    public ServerClient(string url)
    {
        if (!Uri.TryCreate(url.TrimEnd('/') + "/", UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new UsageException($"'{url}' is no address of a server; write it like {RemoteOptions.DefaultUrl}.");
        if (Environment.GetEnvironmentVariable(RemoteOptions.KeyVariable) is not { Length: > 0 } key)
            throw new UsageException($"This command needs an API key of the server in the environment variable {RemoteOptions.KeyVariable}.");
        _url = url;
        _http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(10) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Trim());
    }

    /// <summary>GETs JSON.</summary>
    public Task<JsonElement> GetAsync(string path, CancellationToken cancellation) => SendAsync(HttpMethod.Get, path, null, cancellation);

    /// <summary>POSTs JSON (or nothing) and returns the answer's.</summary>
    public Task<JsonElement> PostAsync(string path, object? body, CancellationToken cancellation) => SendAsync(HttpMethod.Post, path, Json(body), cancellation);

    /// <summary>PUTs JSON and returns the answer's; with <paramref name="ifMatch"/> only onto what has that tag.</summary>
    public Task<JsonElement> PutAsync(string path, object body, CancellationToken cancellation, string? ifMatch = null) =>
        SendAsync(HttpMethod.Put, path, Json(body), cancellation, ifMatch);

    /// <summary>DELETEs.</summary>
    public Task DeleteAsync(string path, CancellationToken cancellation) => SendAsync(HttpMethod.Delete, path, null, cancellation);

    /// <summary>POSTs a file as the raw body and returns the answer's JSON.</summary>
    public async Task<JsonElement> UploadAsync(string path, string file, CancellationToken cancellation)
    {
        await using var content = File.OpenRead(file);
        using var body = new StreamContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return await SendAsync(HttpMethod.Post, path, body, cancellation);
    }

    /// <summary>GETs a file and writes it: whole, or not at all.</summary>
    public async Task DownloadAsync(string path, string file, CancellationToken cancellation)
    {
        var temporary = $"{file}.{Guid.NewGuid():N}.tmp";
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            using var answer = await AnswerAsync(request, cancellation, HttpCompletionOption.ResponseHeadersRead);
            if (!answer.IsSuccessStatusCode)
                throw new HttpRequestException(Refusal(await answer.Content.ReadAsByteArrayAsync(cancellation), answer.StatusCode));
            await using (var to = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
                await answer.Content.CopyToAsync(to, cancellation);
            File.Move(temporary, file, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static JsonContent? Json(object? body) => body is null ? null : JsonContent.Create(body, body.GetType(), options: ReportJson.Options);

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, HttpContent? body, CancellationToken cancellation, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        if (ifMatch is not null)
            request.Headers.IfMatch.Add(new EntityTagHeaderValue(ifMatch));
        using var answer = await AnswerAsync(request, cancellation);
        var bytes = await answer.Content.ReadAsByteArrayAsync(cancellation);
        if (!answer.IsSuccessStatusCode)
            throw new HttpRequestException(Refusal(bytes, answer.StatusCode));
        return bytes.Length == 0 ? default : JsonDocument.Parse(bytes).RootElement;
    }

    private async Task<HttpResponseMessage> AnswerAsync(
        HttpRequestMessage request, CancellationToken cancellation, HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead)
    {
        try
        {
            return await _http.SendAsync(request, completion, cancellation);
        }
        catch (HttpRequestException e)
        {
            throw new HttpRequestException($"The server at {_url} cannot be reached ({e.Message}); start it with 'algofactory serve', or name another with --url.", e);
        }
    }

    /// <summary>What the server says in its problem details, else the bare status.</summary>
    private static string Refusal(byte[] body, HttpStatusCode status)
    {
        try
        {
            using var problem = JsonDocument.Parse(body);
            if (problem.RootElement.ValueKind == JsonValueKind.Object && problem.RootElement.TryGetProperty("detail", out var detail)
                && detail.GetString() is { Length: > 0 } sentence)
                return sentence;
        }
        catch (JsonException)
        {
            return $"The server answered with status {(int)status} and no reason.";
        }

        return $"The server answered with status {(int)status} and no reason.";
    }
}
