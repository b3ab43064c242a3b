using System.CommandLine;
using System.Text.Json;
using AlgoFactory.Cli.Output;
using AlgoFactory.Cli.Remote;
using AlgoFactory.Hosting;
using AlgoFactory.Hosting.Access;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Serving.Registry;
using static AlgoFactory.Cli.Remote.RemoteOptions;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>models list|show|upload|deploy|rollback</c>: the registry and the deployments of a server; <c>sign</c>: versions on the host itself.</summary>
internal static class ModelsCommand
{
    public static Command Create() => new("models", "The models of a server: list, show, upload, deploy, roll back, sign.")
    {
        List(), Show(), Upload(), Deploy(), Rollback(), Sign(),
    };

    private static Command List() => RemoteOptions.Command(
        "list", "All models with their versions.", [],
        async (server, _, cancellation) => Named("models", await server.GetAsync("api/models", cancellation)),
        answer =>
        {
            var table = Tables.Of("model", "version", "task", "label", "metric", "score", "learners", "published");
            foreach (var model in answer.GetProperty("models").EnumerateArray())
                foreach (var version in model.GetProperty("versions").EnumerateArray())
                    table.Add(
                        Text(version, "name"), Text(version, "version"), Text(version, "task"), Text(version, "label"), Text(version, "metric"),
                        Text(version, "score"), string.Join(", ", version.GetProperty("learners").EnumerateArray().Select(l => l.GetString())), Text(version, "publishedAt"));
            Tables.Print(table);
        });

    private static Command Show()
    {
        var name = new Argument<string>("NAME") { Description = "The model's name." };
        var version = Version();
        return RemoteOptions.Command(
            "show", "A version of a model: the newest when none is named.", [name, version],
            async (server, line, cancellation) =>
            {
                var model = Uri.EscapeDataString(line.GetRequiredValue(name));
                var number = line.GetValue(version) ?? (await server.GetAsync($"api/models/{model}", cancellation)).GetProperty("versions")[0].GetProperty("version").GetInt32();
                return await server.GetAsync($"api/models/{model}/versions/{number}", cancellation);
            },
            answer =>
            {
                var shown = answer.GetProperty("version");
                Console.Out.WriteLine($"{Text(shown, "name")}/{Text(shown, "version")}: {Text(shown, "task")} of {Text(shown, "label")}, published {Text(shown, "publishedAt")}, hash {Text(shown, "hash")}");
                Print(answer.GetProperty("metrics"), "metric", "value");
                var importance = Tables.Of("column", "importance");
                foreach (var column in answer.GetProperty("importance").EnumerateArray())
                    importance.Add(Text(column, "column"), Tables.Number(column.GetProperty("share").GetDouble()));
                Tables.Print(importance);
            });
    }

    private static Command Upload()
    {
        var file = new Argument<string>("MODEL.afm") { Description = "A model file." };
        var name = new Option<string>("--name") { Description = "The model's name on the server; the file's name when not given.", HelpName = "NAME" };
        return RemoteOptions.Command(
            "upload", "Upload a model file as a model's next version.", [file, name],
            (server, line, cancellation) =>
            {
                var path = line.GetRequiredValue(file);
                return server.UploadAsync(VersionsOf(path, line.GetValue(name)), path, cancellation);
            },
            answer => Console.Out.WriteLine($"{Text(answer, "name")}/{Text(answer, "version")} was published."));
    }

    /// <summary>Where a file is sent to become a version: of the model of that name, or of the file's.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="UsageException">It is no name for a model.</exception>
    internal static string VersionsOf(string path, string? name)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file '{path}'.");
        var model = name ?? Path.GetFileNameWithoutExtension(path);
        return ModelNames.IsValid(model) ? $"api/models/{Uri.EscapeDataString(model)}/versions" : throw new UsageException(ModelNames.Refusal(model));
    }

    /// <summary><c>deploy</c>, which also stands by itself.</summary>
    internal static Command Deploy()
    {
        var name = new Argument<string>("NAME") { Description = "The deployment's name; made if need be." };
        var model = new Option<string>("--model") { Description = "The model's name; the deployment's own when not given.", HelpName = "NAME" };
        var version = Version();
        var reason = new Option<string>("--reason") { Description = "Why, for the history.", HelpName = "TEXT" };
        return RemoteOptions.Command(
            "deploy", "Make a version serve, without downtime.", [name, model, version, reason],
            (server, line, cancellation) => server.PutAsync(
                $"api/deployments/{Uri.EscapeDataString(line.GetRequiredValue(name))}",
                new { Model = line.GetValue(model), Version = line.GetValue(version), Reason = line.GetValue(reason) }, cancellation),
            PlanPrinter.PrintChange);
    }

    /// <summary><c>rollback</c>, which also stands by itself.</summary>
    internal static Command Rollback()
    {
        var name = new Argument<string>("NAME") { Description = "The deployment's name." };
        var reason = new Option<string>("--reason") { Description = "Why, for the history.", HelpName = "TEXT" };
        return RemoteOptions.Command(
            "rollback", "Go back to the plan before the present one.", [name, reason],
            (server, line, cancellation) => server.PostAsync(
                $"api/deployments/{Uri.EscapeDataString(line.GetRequiredValue(name))}/rollback", new { Reason = line.GetValue(reason) }, cancellation),
            PlanPrinter.PrintChange);
    }

    private static Command Sign()
    {
        var name = new Argument<string>("NAME") { Description = "The model's name." };
        var version = new Option<int?>("--version") { Description = "The version; all of them when not given.", HelpName = "N" };
        var data = new Option<string>("--data") { Description = "The server's data folder, when it is not the settings' own.", HelpName = "FOLDER" };
        var models = new Option<string>("--models") { Description = "The folder of models, when it is not the settings' own.", HelpName = "FOLDER" };
        var json = new Option<bool>("--json") { Description = "Write one JSON object to standard output." };
        var command = new Command("sign", "On the server's host: sign versions with the settings' key (AlgoFactory:Registry:SigningKey) that you know the origin of.") { name, version, data, models, json };
        command.SetAction((line, _) => CommandRun.RunAsync(async cancellation =>
        {
            string[] settings = [.. Given("--data", line.GetValue(data)), .. Given("--models", line.GetValue(models))];
            var signed = await LocalSigning.SignAsync(ProgramConfiguration.Read(settings), line.GetRequiredValue(name), line.GetValue(version), cancellation);
            if (line.GetValue(json))
                Console.Out.WriteLine(ReportJson.Write(new { signed }));
            else
                foreach (var one in signed)
                    Console.Out.WriteLine($"{one.Name}/{one.Version} is signed (hash {one.Hash}).");
        }));
        return command;

        static string[] Given(string option, string? value) => value is null ? [] : [option, value];
    }

    private static Option<int?> Version() => new("--version") { Description = "The version; the newest when not given.", HelpName = "N" };

    private static void Print(JsonElement values, string name, string value)
    {
        var table = Tables.Of(name, value);
        foreach (var property in values.EnumerateObject())
            table.Add(property.Name, Text(property.Value));
        Tables.Print(table);
    }
}
