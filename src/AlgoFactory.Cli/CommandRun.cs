using System.ComponentModel.DataAnnotations;
using System.Runtime.InteropServices;
using System.Text.Json;
using AlgoFactory.Data;
using AlgoFactory.Hosting;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Storage;

namespace AlgoFactory.Cli;

/// <summary>Runs a command: ends it in order on Ctrl+C, and turns its errors into one sentence and an exit code.</summary>
internal static class CommandRun
{
    /// <summary>Runs a command that returns nothing.</summary>
    public static async Task<int> RunAsync(Func<CancellationToken, Task> command)
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        try
        {
            await command(stop.Token);
            return CommandLine.Succeeded;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return Report("Cancelled; no result was saved.", CommandLine.Failed);
        }
        catch (UsageException e)
        {
            return Report(e.Message, CommandLine.WrongUsage);
        }
        catch (Exception e) when (e is DataFormatException or LearningException or ArtefactFormatException
            or StorageException or ValidationException or IOException or UnauthorizedAccessException or HttpRequestException or JsonException
            or DllNotFoundException)
        {
            return Report(e.Message, CommandLine.Failed);
        }
        catch (OutOfMemoryException)
        {
            return Report("There is not enough memory for this data; train on fewer rows or on a larger machine.", CommandLine.Failed);
        }

        void Cancel(PosixSignalContext context)
        {
            // The first time the command ends in order; the second time the system ends the process.
            if (stop.IsCancellationRequested)
                return;
            context.Cancel = true;
            stop.Cancel();
        }
    }

    private static int Report(string sentence, int code)
    {
        Console.Error.WriteLine(sentence.ReplaceLineEndings(" "));
        return code;
    }
}
