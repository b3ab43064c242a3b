using System.CommandLine;
using AlgoFactory.Cli.Output;
using AlgoFactory.Cli.Remote;
using AlgoFactory.Hosting;
using AlgoFactory.Hosting.Access;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Serving.Access;
using static AlgoFactory.Cli.Remote.RemoteOptions;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>keys create|list|revoke</c>: the API keys of a server; <c>create --local</c> makes one on the host without a key.</summary>
internal static class KeysCommand
{
    public static Command Create() => new("keys", "The API keys of a server: create, list, revoke.")
    {
        New(), List(), Revoke(),
    };

    private static Command New()
    {
        var name = new Option<string>("--name") { Description = "What or who the key is for.", HelpName = "NAME" };
        var role = new Option<KeyRole>("--role") { Description = "What it may do: application, analyst, operator or admin.", DefaultValueFactory = _ => KeyRole.Application };
        var local = new Option<bool>("--local") { Description = "Write to this host's own metadata instead of asking a server; with --role admin it replaces a lost administrator's key." };
        var data = new Option<string>("--data") { Description = "With --local: the server's data folder, when it is not the settings' own.", HelpName = "FOLDER" };
        var url = new Option<string>("--url") { Description = $"The server's address; {DefaultUrl} when not given.", HelpName = "URL" };
        var json = new Option<bool>("--json") { Description = "Write one JSON object to standard output." };
        var command = new Command("create", "Make a key; its secret is shown this once.") { name, role, local, data, url, json };
        command.SetAction((line, _) => CommandRun.RunAsync(async cancellation =>
        {
            var made = line.GetValue(local)
                ? await CreateLocallyAsync(line.GetValue(name), line.GetValue(role), line.GetValue(data), cancellation)
                : await CreateRemotelyAsync(line.GetValue(url), line.GetValue(name), line.GetValue(role), cancellation);
            Console.Out.WriteLine(line.GetValue(json) ? ReportJson.Write(made) : made.Key);
            if (!line.GetValue(json))
                await Console.Error.WriteLineAsync($"This is the {made.Role.ToString().ToLowerInvariant()}'s key '{made.Name}' ({made.Id}); it is shown this once.");
        }));
        return command;
    }

    private static Command List() => RemoteOptions.Command(
        "list", "All keys, revoked ones too.", [],
        async (server, _, cancellation) => Named("keys", await server.GetAsync("api/keys", cancellation)),
        answer =>
        {
            var table = Tables.Of("id", "name", "role", "created", "revoked");
            foreach (var key in answer.GetProperty("keys").EnumerateArray())
                table.Add(Text(key, "id"), Text(key, "name"), Text(key, "role"), Text(key, "createdAt"), Text(key, "revokedAt"));
            Tables.Print(table);
        });

    private static Command Revoke()
    {
        var id = new Argument<string>("ID") { Description = "The key's id, as `keys list` shows it." };
        return RemoteOptions.Command(
            "revoke", "Revoke a key: it is refused from now on.", [id],
            async (server, line, cancellation) =>
            {
                await server.DeleteAsync($"api/keys/{Uri.EscapeDataString(line.GetRequiredValue(id))}", cancellation);
                return System.Text.Json.JsonSerializer.SerializeToElement(new { id = line.GetRequiredValue(id), revoked = true });
            },
            answer => Console.Out.WriteLine($"The key {Text(answer, "id")} was revoked."));
    }

    private static async Task<MadeKey> CreateLocallyAsync(string? name, KeyRole role, string? data, CancellationToken cancellation)
    {
        var made = await LocalKeys.CreateAsync(ProgramConfiguration.Read(data is null ? [] : ["--data", data]), name, role, cancellation);
        return new MadeKey(made.Key.Id, made.Key.Name, made.Key.Role, made.Secret);
    }

    private static async Task<MadeKey> CreateRemotelyAsync(string? url, string? name, KeyRole role, CancellationToken cancellation)
    {
        if (string.IsNullOrWhiteSpace(name))
            throw new UsageException("Say with --name what or who the key is for.");
        using var server = new ServerClient(url ?? DefaultUrl);
        var made = await server.PostAsync("api/keys", new { Name = name, Role = role }, cancellation);
        return new MadeKey(Text(made, "id"), Text(made, "name"), role, Text(made, "key"));
    }

    private sealed record MadeKey(string Id, string Name, KeyRole Role, string Key);
}
