using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using AlgoFactory.Hosting.Jobs;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Importing;
using AlgoFactory.Learning.Learners.Networks;

namespace AlgoFactory.Hosting.Importing;

/// <summary>
/// Makes model files of users' ONNX files. A process of its own, with a limit on time and memory, loads the graph first: a graph
/// that hangs, fills the memory or brings ONNX Runtime down costs that process and nothing else.
/// </summary>
public static class ImportOnnx
{
    /// <summary>The longest that loading and trying a graph may take.</summary>
    public static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(60);

    private const long BaseMemoryBytes = 2L << 30;
    private const int MemoryPerByte = 8;

    /// <summary>Makes a model file.</summary>
    /// <param name="file">The ONNX file.</param>
    /// <param name="dataName">Its name for people.</param>
    /// <param name="output">The model file to write: whole, or not at all.</param>
    /// <param name="options">What the user says of it.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="maxTime">The longest that it may take; null: <see cref="MaxTime"/>.</param>
    /// <exception cref="LearningException">It cannot be served; the message says why, and what to change.</exception>
    public static async Task<OnnxImportReport> RunAsync(
        string file, string dataName, string output, OnnxImportOptions options, CancellationToken cancellation, TimeSpan? maxTime = null)
    {
        var job = new OnnxImportJob(Path.GetFullPath(file), dataName, Path.GetFullPath(output), options, Memory(Length(file)));
        var answer = await AskAsync(job, maxTime ?? MaxTime, cancellation);
        return answer.Report! with { Model = output };
    }

    /// <summary>Whether a model file holds a user's graph, so that it must be tried before this process loads it.</summary>
    public static bool Holds(string modelFile)
    {
        try
        {
            return ModelFile.ReadManifest(modelFile).Members.Any(m => m.Format == OnnxGraphModel.FormatName);
        }
        catch (ArtefactFormatException)
        {
            // Whoever loads it says what is wrong.
            return false;
        }
    }

    /// <summary>Tries a model file that holds a user's graph.</summary>
    /// <exception cref="LearningException">It cannot be served.</exception>
    public static Task CheckAsync(string modelFile, CancellationToken cancellation) =>
        AskAsync(new OnnxImportJob(Path.GetFullPath(modelFile), "", null, new OnnxImportOptions(), Memory(Length(modelFile))), MaxTime, cancellation);

    private static long Length(string file) => File.Exists(file) ? new FileInfo(file).Length : throw new LearningException($"There is no file '{Path.GetFileName(file)}'.");

    private static long Memory(long fileBytes) => BaseMemoryBytes + MemoryPerByte * fileBytes;

    private static async Task<OnnxImportAnswer> AskAsync(OnnxImportJob job, TimeSpan maxTime, CancellationToken cancellation)
    {
        using var worker = Start(job);
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        time.CancelAfter(maxTime);
        try
        {
            // Read to its end, so that it never waits for somebody to take its words.
            var errors = worker.StandardError.ReadToEndAsync(time.Token);
            // One line; the pipe stays open, and the worker ends when it is closed, as when this process is killed.
            await worker.StandardInput.WriteLineAsync(JsonSerializer.Serialize(job, ReportJson.Options).AsMemory(), time.Token);
            await worker.StandardInput.FlushAsync(time.Token);
            var said = await worker.StandardOutput.ReadToEndAsync(time.Token);
            await errors;
            await worker.WaitForExitAsync(time.Token);
            return Answer(worker.ExitCode, said);
        }
        catch (IOException)
        {
            // It ended before it had read its job.
            await worker.WaitForExitAsync(CancellationToken.None);
            throw Ended(worker.ExitCode);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new LearningException($"The ONNX file was given up: it took more than {maxTime.TotalSeconds:0} s to load and to answer a few rows.");
        }
        finally
        {
            Kill(worker);
        }
    }

    private static OnnxImportAnswer Answer(int code, string said)
    {
        if (code != 0 || said.TrimEnd().Split('\n')[^1] is not ['{', ..] line)
            throw Ended(code);
        var answer = JsonSerializer.Deserialize<OnnxImportAnswer>(line, ReportJson.Options)!;
        return answer.Error is { } error ? throw new LearningException(error) : answer;
    }

    private static LearningException Ended(int code) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"The ONNX file cannot be served: the process that tried it ended ({(code > 128 ? $"signal {code - 128}" : $"code {code}")}), as when a graph takes more memory than is allowed."));

    private static Process Start(OnnxImportJob job)
    {
        var start = OwnProgram.Start(OnnxImportWorker.Command);
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        (start.StandardInputEncoding, start.StandardOutputEncoding) = (new UTF8Encoding(false), new UTF8Encoding(false));
        foreach (var (name, value) in WorkerLimits.Environment(job.MemoryBytes))
            start.Environment[name] = value;
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new LearningException($"The process that tries ONNX files could not be started: {e.Message}.");
        }
    }

    private static void Kill(Process worker)
    {
        try
        {
            worker.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
        }
    }
}
