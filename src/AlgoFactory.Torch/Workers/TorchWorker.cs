using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.Intrinsics.X86;
using AlgoFactory.Learning;
using AlgoFactory.Torch.Protocol;

namespace AlgoFactory.Torch.Workers;

/// <summary>What a worker needs beside its job.</summary>
/// <param name="Inputs">Training rows, one behind the other: images as bytes, or texts as <see cref="TokenBytes"/>.</param>
/// <param name="Labels">Class indices, or standardised targets.</param>
/// <param name="Weights">One a row.</param>
/// <param name="ValidationInputs">Validation rows.</param>
/// <param name="ValidationLabels">Class indices, or target values as they are.</param>
/// <param name="ValidationWeights">One a row, or empty.</param>
public sealed record TrainingData(byte[] Inputs, float[] Labels, float[] Weights, byte[] ValidationInputs, float[] ValidationLabels, float[] ValidationWeights);

/// <summary>What a worker has trained.</summary>
/// <param name="Result">How it went.</param>
/// <param name="Weights">The network's weights, in their order.</param>
/// <param name="ProbeScores">The trained network's scores of the first rows: <see cref="TorchWorker.ProbeRows"/> of them, or all.</param>
public sealed record TrainedWeights(JobResult Result, float[] Weights, float[] ProbeScores);

/// <summary>
/// A process of its own for one fit: it alone loads libtorch, so that a native crash or an exhausted memory costs a trial and
/// nothing else. It ends with its job, with its host (its input ends), and within a moment of a cancellation: it is killed.
/// </summary>
public static class TorchWorker
{
    /// <summary>The command of the program that is the worker.</summary>
    public const string Command = "torch-worker";

    /// <summary>Rows that a worker scores for comparison with the exported network.</summary>
    public const int ProbeRows = 32;

    private const int LastWords = 20;

    /// <summary>Trains a job in a new worker.</summary>
    /// <param name="job">The job; its device may be <c>auto</c>.</param>
    /// <param name="data">Its rows.</param>
    /// <param name="threads">Threads that it may use.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Ends the worker.</param>
    /// <exception cref="LearningException">libtorch is not there, the worker failed or crashed: its last words are in the message.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static TrainedWeights Train(TrainingJob job, TrainingData data, int threads, Action<StepReport>? progress, CancellationToken cancellation)
    {
        var library = TorchLibrary.Path ?? throw new LearningException(TorchLibrary.HowToInstall);
        var words = new Queue<string>();
        var started = Stopwatch.GetTimestamp();
        using var worker = Start(library, threads);
        worker.ErrorDataReceived += (_, line) =>
        {
            lock (words)
            {
                if (line.Data is null)
                    return;
                words.Enqueue(line.Data);
                if (words.Count > LastWords)
                    words.Dequeue();
            }
        };
        worker.BeginErrorReadLine();
        using var killed = cancellation.Register(() => Kill(worker));
        try
        {
            var pipe = new MessageStream(worker.StandardOutput.BaseStream, new BufferedStream(worker.StandardInput.BaseStream, 1 << 16));
            return Converse(pipe, job, data, progress, started);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or EndOfStreamException)
        {
            cancellation.ThrowIfCancellationRequested();
            worker.WaitForExit(2000);
            Kill(worker);
            worker.WaitForExit();
            lock (words)
                throw new LearningException($"The process that trains networks ended ({Ending(worker)}). {(words.Count == 0 ? "It said nothing." : $"Its last words: {string.Join(" ", words)}")}");
        }
        finally
        {
            Kill(worker);
            worker.WaitForExit();
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The environment in which libtorch is fast; it must stand before the library loads.</summary>
    internal static IEnumerable<KeyValuePair<string, string>> Environment(string library, int threads)
    {
        yield return new(TorchLibrary.PathVariable, library);
        // Waiting threads of OpenMP that spin take the processor from those that work: ten times slower beside other processes.
        yield return new("OMP_WAIT_POLICY", "PASSIVE");
        yield return new("OMP_NUM_THREADS", threads.ToString(CultureInfo.InvariantCulture));
        yield return new("OPENBLAS_NUM_THREADS", threads.ToString(CultureInfo.InvariantCulture));
        // An older OpenBLAS does not know newer processors and falls back to SSE: half as fast.
        if (Avx512F.IsSupported)
            yield return new("OPENBLAS_CORETYPE", "SkylakeX");
        // The worker's managed part holds a copy of the rows and no more.
        yield return new("DOTNET_gcServer", "0");
        yield return new("DOTNET_TieredPGO", "0");
    }

    private static TrainedWeights Converse(MessageStream pipe, TrainingJob job, TrainingData data, Action<StepReport>? progress, long started)
    {
        var hello = MessageStream.Read<WorkerHello>(Next(pipe, MessageKind.Hello));
        if (hello.Protocol != MessageStream.Version)
            throw new LearningException($"The process that trains networks speaks version {hello.Protocol} of the protocol and not {MessageStream.Version}: it is of another build.");
        pipe.Send(MessageKind.Job, job with
        {
            Device = TorchDevice.Resolve(job.Device, hello.CudaDevices),
            InputBytes = data.Inputs.Length,
            ValidationInputBytes = data.ValidationInputs.Length,
            // On a busy machine a worker takes seconds to start.
            Seconds = job.Seconds is { } seconds ? Math.Max(0.1, seconds - Stopwatch.GetElapsedTime(started).TotalSeconds) : null,
        });
        pipe.SendData<byte>(data.Inputs);
        pipe.SendData<float>(data.Labels);
        pipe.SendData<float>(data.Weights);
        pipe.SendData<byte>(data.ValidationInputs);
        pipe.SendData<float>(data.ValidationLabels);
        pipe.SendData<float>(data.ValidationWeights);
        while (true)
        {
            var (kind, body) = pipe.Receive() ?? throw new EndOfStreamException();
            switch (kind)
            {
                case MessageKind.Step:
                    progress?.Invoke(MessageStream.Read<StepReport>(body));
                    break;
                case MessageKind.Result:
                    var result = MessageStream.Read<JobResult>(body);
                    var weights = pipe.ReceiveData<float>(job.Network.Weights().Sum(w => w.Count));
                    var probes = Math.Min(ProbeRows, job.Rows) * (job.Task == TaskKind.Multiclass ? job.Network.Outputs : 1);
                    return new TrainedWeights(result, weights, pipe.ReceiveData<float>(probes));
                default:
                    throw Unexpected(kind, body);
            }
        }
    }

    private static byte[] Next(MessageStream pipe, MessageKind wanted)
    {
        var (kind, body) = pipe.Receive() ?? throw new EndOfStreamException();
        return kind == wanted ? body : throw Unexpected(kind, body);
    }

    private static Exception Unexpected(MessageKind kind, byte[] body) => kind == MessageKind.Failure
        ? new LearningException(MessageStream.Read<string>(body))
        : new InvalidDataException($"{kind} came out of turn.");

    private static Process Start(string library, int threads)
    {
        var start = ThisProgram();
        start.ArgumentList.Add(Command);
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        foreach (var (name, value) in Environment(library, threads))
            start.Environment[name] = value;
        // The cap on a worker of sweeps is on the collector of that process; this one holds its data outside of it.
        start.Environment.Remove("DOTNET_GCHeapHardLimit");
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new LearningException($"The process that trains networks could not be started: {e.Message}.");
        }
    }

    // The program itself again: as the apphost, or as `dotnet PROGRAM.dll`. Under a test host it is the built program.
    private static ProcessStartInfo ThisProgram()
    {
        var library = Path.Combine(AppContext.BaseDirectory, "algofactory.dll");
        if (System.Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "algofactory")
            return new ProcessStartInfo(path);
        if (!File.Exists(library))
            library = Assembly.GetEntryAssembly()?.Location ?? library;
        return new ProcessStartInfo("dotnet") { ArgumentList = { library } };
    }

    private static string Ending(Process worker) => worker.ExitCode > 128
        ? string.Create(CultureInfo.InvariantCulture, $"signal {worker.ExitCode - 128}{(worker.ExitCode == 137 ? ", as when the machine runs out of memory" : "")}")
        : string.Create(CultureInfo.InvariantCulture, $"code {worker.ExitCode}");

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
