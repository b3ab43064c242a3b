using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Registry;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace AlgoFactory.Web.Tests.Server;

/// <summary>The real server on a real port with folders of its own; without a worker process.</summary>
internal sealed partial class TestServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly Dictionary<KeyRole, string> _keys = [];
    private readonly List<HttpClient> _clients = [];

    private TestServer(WebApplication app, DirectoryInfo folder, string adminKey)
    {
        App = app;
        _folder = folder;
        _keys[KeyRole.Admin] = adminKey;
        Address = new Uri(app.Urls.Single());
    }

    public WebApplication App { get; }

    public Uri Address { get; }

    public string DataFolder => Path.Combine(_folder.FullName, "data");

    public T Get<T>() where T : notnull => App.Services.GetRequiredService<T>();

    /// <summary>Starts a server; settings are written as <c>Uploads:MaxBytes=1000</c>.</summary>
    public static async Task<TestServer> StartAsync(params string[] settings)
    {
        var folder = Directory.CreateTempSubdirectory("algofactory-web-");
        string[] args =
        [
            "--urls", "http://127.0.0.1:0", "--data", Path.Combine(folder.FullName, "data"), "--models", Path.Combine(folder.FullName, "models"),
            "--AlgoFactory:Worker:Enabled=false", "--Logging:LogLevel:Default=None", .. settings.Select(s => $"--AlgoFactory:{s}"),
        ];
        var app = WebProgram.Build(args);
        var output = new StringWriter();
        await WebProgram.PrepareAsync(app, output);
        await app.StartAsync();
        return new TestServer(app, folder, Key().Match(output.ToString()).Value);
    }

    /// <summary>A key of that role.</summary>
    public async Task<string> KeyAsync(KeyRole role)
    {
        if (!_keys.TryGetValue(role, out var key))
            _keys[role] = key = (await Get<KeyService>().CreateAsync($"test {role}", role, default)).Secret;
        return key;
    }

    /// <summary>A client without a key, which keeps no cookies of its own.</summary>
    public HttpClient Client()
    {
        var client = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = Address };
        _clients.Add(client);
        return client;
    }

    /// <summary>A client with a key of that role.</summary>
    public async Task<HttpClient> ClientAsync(KeyRole role = KeyRole.Admin)
    {
        var client = Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await KeyAsync(role));
        return client;
    }

    /// <summary>Publishes a model straight in the registry.</summary>
    public ModelVersion Publish(string name, ModelFile model)
    {
        var file = Path.Combine(_folder.FullName, $"{Guid.NewGuid():N}.afm");
        model.Save(file);
        var version = Get<ModelRegistry>().Publish(name, file);
        File.Delete(file);
        return version;
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(c => c.Dispose());
        await App.StopAsync();
        await App.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _folder.Delete(recursive: true);
    }

    [GeneratedRegex("afk_[A-Za-z0-9_-]{43}")]
    private static partial Regex Key();
}

internal static class Answers
{
    /// <summary>The answer's JSON.</summary>
    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage answer) => await answer.Content.ReadFromJsonAsync<JsonElement>();

    /// <summary>Asserts that the answer is problem details of that status and returns their sentence.</summary>
    public static async Task<string> ProblemAsync(this HttpResponseMessage answer, int status)
    {
        var text = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).ShouldBe(status, text);
        answer.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json");
        var problem = JsonDocument.Parse(text).RootElement;
        problem.GetProperty("status").GetInt32().ShouldBe(status);
        var sentence = problem.GetProperty("detail").GetString();
        sentence.ShouldNotBeNullOrEmpty();
        return sentence;
    }
}

/// <summary>One server for the tests that only add to it.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    internal TestServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await TestServer.StartAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();
}

/// <summary>Tests that share a server.</summary>
[CollectionDefinition(Name)]
public sealed class SharedServerTests : ICollectionFixture<SharedServer>
{
    public const string Name = "shared server";
}
