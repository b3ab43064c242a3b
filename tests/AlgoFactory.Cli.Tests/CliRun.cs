using System.Text.Json;

namespace AlgoFactory.Cli.Tests;

/// <summary>What a call of the program gave.</summary>
internal sealed record CliRun(int Code, string Output, string Error)
{
    private static readonly SemaphoreSlim Gate = new(1);

    /// <summary>The one JSON object on standard output.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>Runs a command line in this process. Standard output and error are the process's own, so runs wait for each other.</summary>
    public static async Task<CliRun> Of(params string[] args)
    {
        await Gate.WaitAsync();
        var (output, error) = (Console.Out, Console.Error);
        try
        {
            using var capturedOutput = new StringWriter();
            using var capturedError = new StringWriter();
            Console.SetOut(capturedOutput);
            Console.SetError(capturedError);
            var code = await CommandLine.RunAsync(args);
            return new CliRun(code, capturedOutput.ToString(), capturedError.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
            Gate.Release();
        }
    }

    /// <summary>Checks what every failure must look like: the code, nothing on standard output, one sentence on standard error.</summary>
    public void ShouldFail(int code, string message)
    {
        Code.ShouldBe(code);
        Output.ShouldBeEmpty();
        var lines = Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[^1].ShouldContain(message);
        lines[^1].Trim().ShouldEndWith(".");
    }
}
