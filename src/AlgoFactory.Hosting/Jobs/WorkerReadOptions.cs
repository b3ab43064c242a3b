using AlgoFactory.Data.Ingest;
using AlgoFactory.Hosting.Options;

namespace AlgoFactory.Hosting.Jobs;

/// <summary>How the worker reads files: within its own memory, with temporary files in the data folder.</summary>
internal static class WorkerReadOptions
{
    public static ReadOptions Of(AlgoFactoryOptions options, DataFolders folders) => new()
    {
        Threads = Threads(options),
        MemoryLimitMiB = (int)Math.Clamp(WorkerLimits.MemoryBytes(options.Worker) / 4 >> 20, 256, 8192),
        TempFolder = folders.Incoming,
    };

    public static int Threads(AlgoFactoryOptions options) => options.Worker.Threads > 0 ? options.Worker.Threads : Environment.ProcessorCount;
}
