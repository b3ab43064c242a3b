using System.Globalization;
using System.Runtime.InteropServices;
using AlgoFactory.Learning;
using AlgoFactory.Torch.Protocol;
using AlgoFactory.Torch.Worker.Native;
using AlgoFactory.Torch.Worker.Training;
using AlgoFactory.Torch.Workers;

namespace AlgoFactory.Torch.Worker;

/// <summary>
/// The worker: takes one job from its standard input, trains it, answers on its standard output and ends. Its host starts it with the
/// environment that libtorch needs; its last words go to standard error.
/// </summary>
public static partial class TorchWorkerProgram
{
    /// <summary>Runs the one job; returns the exit code.</summary>
    public static int Run()
    {
        using var output = Output();
        using var input = Console.OpenStandardInput();
        var pipe = new MessageStream(input, new BufferedStream(output, 1 << 16));
        try
        {
            TorchApi.Load();
            TorchApi.Start(int.TryParse(Environment.GetEnvironmentVariable("OMP_NUM_THREADS"), CultureInfo.InvariantCulture, out var threads) ? threads : 1);
            pipe.Send(MessageKind.Hello, Hello());
            if (pipe.Receive() is not { Kind: MessageKind.Job } message)
                return 1;
            Train(pipe, input, MessageStream.Read<TrainingJob>(message.Body));
            return 0;
        }
        catch (Exception e) when (e is TorchException or LearningException or InvalidDataException)
        {
            pipe.Send(MessageKind.Failure, e.Message);
            return 1;
        }
        catch (IOException)
        {
            // The host is gone, and with it whoever wanted to know.
            return 1;
        }
    }

    private static unsafe WorkerHello Hello() =>
        new(MessageStream.Version, Marshal.PtrToStringUTF8((nint)TorchApi.TorchVersion())!, TorchApi.CudaDevices());

    private static void Train(MessageStream pipe, Stream input, TrainingJob job)
    {
        var data = new TrainingData(
            pipe.ReceiveData<byte>(job.InputBytes), pipe.ReceiveData<float>(job.Rows), pipe.ReceiveData<float>(job.Rows),
            pipe.ReceiveData<byte>(job.ValidationInputBytes), pipe.ReceiveData<float>(job.ValidationRows), pipe.ReceiveData<float>(job.ValidationRows));
        EndWithHost(input);
        using var trainer = new Trainer(job, data, step => pipe.Send(MessageKind.Step, step));
        var result = trainer.Run();
        pipe.Send(MessageKind.Result, result);
        pipe.SendData<float>(trainer.Served.Read());
        pipe.SendData<float>(trainer.Score(Math.Min(TorchWorker.ProbeRows, job.Rows)));
    }

    /// <summary>Nothing more comes; when the pipe ends, the host has died, and nobody waits for this job.</summary>
    private static void EndWithHost(Stream input) => new Thread(() =>
    {
        try
        {
            _ = input.ReadByte();
        }
        catch (IOException)
        {
            // The same.
        }

        Environment.Exit(1);
    })
    { IsBackground = true }.Start();

    /// <summary>The pipe to the host; what native code prints goes to standard error instead, and never between two messages.</summary>
    private static FileStream Output()
    {
        var pipe = Duplicate(1);
        if (pipe < 0 || Duplicate(2, 1) < 0)
            throw new IOException("The worker's standard output cannot be used.");
        return new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(pipe, ownsHandle: true), FileAccess.Write, 1);
    }

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int descriptor);

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Duplicate(int descriptor, int to);
}
