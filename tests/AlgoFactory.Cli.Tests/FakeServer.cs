using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace AlgoFactory.Cli.Tests;

/// <summary>A call of a command to a server.</summary>
internal sealed record FakeCall(string Method, string Path, string? Match, JsonElement Body);

/// <summary>A listener that answers what a server would, and keeps what it was asked. Commands get its key from the environment.</summary>
internal sealed class FakeServer : IDisposable
{
    private readonly HttpListener _server = new();

    public FakeServer(Func<FakeCall, string> answer)
    {
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            Url = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}";
        }

        _server.Prefixes.Add(Url + "/");
        _server.Start();
        _ = AnswerAsync(answer);
        Environment.SetEnvironmentVariable("ALGOFACTORY_KEY", "afk_test");
    }

    public string Url { get; }

    public List<FakeCall> Calls { get; } = [];

    public void Dispose() => _server.Close();

    private async Task AnswerAsync(Func<FakeCall, string> answer)
    {
        try
        {
            while (true)
            {
                var context = await _server.GetContextAsync();
                using var reader = new StreamReader(context.Request.InputStream);
                var body = await reader.ReadToEndAsync();
                var call = new FakeCall(
                    context.Request.HttpMethod, context.Request.Url!.AbsolutePath, context.Request.Headers["If-Match"], body.Length == 0 ? default : JsonDocument.Parse(body).RootElement);
                Calls.Add(call);
                context.Response.ContentType = "application/json";
                await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer(call)));
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }
}
