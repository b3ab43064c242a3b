using System.CommandLine;
using System.Text.Json;
using AlgoFactory.Cli.Output;

namespace AlgoFactory.Cli.Remote;

/// <summary>What every command that speaks to a server takes, and how it answers.</summary>
internal sealed class RemoteOptions
{
    /// <summary>The server when none is named.</summary>
    public const string DefaultUrl = "http://127.0.0.1:5080";

    /// <summary>The environment variable that holds the API key.</summary>
    public const string KeyVariable = "ALGOFACTORY_KEY";

    private readonly Option<string> _url = new("--url") { Description = $"The server's address; {DefaultUrl} when not given.", HelpName = "URL" };
    private readonly Option<bool> _json = new("--json") { Description = "Write one JSON object to standard output." };

    /// <summary>Makes a command that asks a server and writes its answer.</summary>
    /// <param name="name">The command's name.</param>
    /// <param name="description">For the help.</param>
    /// <param name="symbols">Its own arguments and options.</param>
    /// <param name="ask">Asks, and returns the object that <c>--json</c> writes.</param>
    /// <param name="print">Writes the object for people.</param>
    public static Command Command(
        string name, string description, IEnumerable<Symbol> symbols,
        Func<ServerClient, ParseResult, CancellationToken, Task<JsonElement>> ask, Action<JsonElement> print)
    {
        var options = new RemoteOptions();
        var command = new Command(name, description);
        foreach (var symbol in symbols)
            if (symbol is Argument argument)
                command.Add(argument);
            else if (symbol is Option option)
                command.Add(option);
        command.Add(options._url);
        command.Add(options._json);
        command.SetAction((line, _) => CommandRun.RunAsync(async cancellation =>
        {
            using var client = new ServerClient(line.GetValue(options._url) ?? DefaultUrl);
            var answer = await ask(client, line, cancellation);
            if (line.GetValue(options._json))
                Console.Out.WriteLine(answer.GetRawText());
            else
                print(answer);
        }));
        return command;
    }

    /// <summary>Puts a list into an object, since <c>--json</c> writes one object.</summary>
    public static JsonElement Named(string name, JsonElement list) =>
        JsonSerializer.SerializeToElement(new Dictionary<string, JsonElement> { [name] = list }, Hosting.ReportJson.Options);

    /// <summary>A property's text, or nothing where it is null or absent.</summary>
    public static string Text(JsonElement of, string name) => of.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null
        ? Text(value)
        : "";

    /// <summary>A value for people: fractions as short as elsewhere; <c>--json</c> has all their digits.</summary>
    public static string Text(JsonElement value) => value.ValueKind == JsonValueKind.Number && !value.TryGetInt64(out _)
        ? Tables.Number(value.GetDouble())
        : value.ToString();
}
