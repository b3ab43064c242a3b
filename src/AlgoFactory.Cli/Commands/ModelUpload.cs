using System.Net.Http.Headers;
using System.Text.Json;
using AlgoFactory.Hosting;

namespace AlgoFactory.Cli.Commands;

/// <summary>Uploads a model file to a server, as the next version of a name.</summary>
internal sealed class ModelUpload(string url, string name)
{
    /// <summary>The server when none is named.</summary>
    public const string DefaultUrl = "http://127.0.0.1:5080";

    /// <summary>The environment variable that holds the API key.</summary>
    public const string KeyVariable = "ALGOFACTORY_KEY";

    /// <summary>Finds out before the training what would fail after it.</summary>
    /// <exception cref="UsageException">The address or the name is not usable, or the key is missing.</exception>
    public void Check()
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new UsageException($"'{url}' is no address of a server; write it like {DefaultUrl}.");
        if (!Serving.Registry.ModelNames.IsValid(name))
            throw new UsageException($"'{name}' is no name for a model: use letters, digits, '-', '_' and '.', at most 64, beginning with a letter or digit.");
        if (string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable(KeyVariable)))
            throw new UsageException($"--name needs an API key of the server in the environment variable {KeyVariable}.");
    }

    /// <summary>Uploads the file.</summary>
    /// <exception cref="HttpRequestException">The server cannot be reached or refuses; the message says that the model stays on disk.</exception>
    public async Task SendAsync(string path, CancellationToken cancellation)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromMinutes(10) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Environment.GetEnvironmentVariable(KeyVariable));
        await using var file = File.OpenRead(path);
        using var body = new StreamContent(file);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        var address = new Uri(new Uri(url.TrimEnd('/') + "/"), $"api/models/{Uri.EscapeDataString(name)}/versions");
        try
        {
            using var answer = await client.PostAsync(address, body, cancellation);
            if (!answer.IsSuccessStatusCode)
                throw new HttpRequestException(Refusal(await answer.Content.ReadAsStringAsync(cancellation), (int)answer.StatusCode));
        }
        catch (HttpRequestException e)
        {
            throw new HttpRequestException($"The model was saved as '{path}' but could not be uploaded to {url}: {e.Message}", e);
        }
    }

    /// <summary>What the server says in its problem details, else the bare status.</summary>
    private static string Refusal(string body, int status)
    {
        try
        {
            using var problem = JsonDocument.Parse(body);
            foreach (var field in new[] { "detail", "title" })
                if (problem.RootElement.TryGetProperty(field, out var text) && text.GetString() is { Length: > 0 } sentence)
                    return sentence;
        }
        catch (JsonException)
        {
            return $"it answered with status {status}.";
        }

        return $"it answered with status {status}.";
    }
}
