using System.CommandLine;
using AlgoFactory.Cli.Remote;
using static AlgoFactory.Cli.Remote.RemoteOptions;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>register FILE.onnx --name NAME</c>: somebody's own ONNX file as the next version of a model of a server.</summary>
internal static class RegisterCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE.onnx") { Description = "An ONNX file." };
        var name = new Option<string>("--name") { Description = "The model's name on the server; the file's name when not given.", HelpName = "NAME" };
        var options = new OnnxOptions();
        return RemoteOptions.Command(
            "register", "Register an ONNX file on a server as a model's next version, to be served like any other.", [file, name, .. options.All],
            (server, line, cancellation) =>
            {
                var path = line.GetRequiredValue(file);
                return server.UploadAsync($"{ModelsCommand.VersionsOf(path, line.GetValue(name))}?{options.Query(line)}", path, cancellation);
            },
            answer => Console.Out.WriteLine($"{Text(answer, "name")}/{Text(answer, "version")} was published: {Text(answer, "task")} of {Text(answer, "label")}."));
    }
}
