using System.Security.Cryptography;
using System.Text.Json;
using AlgoFactory.Torch.Protocol;
using AlgoFactory.Torch.Workers;

namespace AlgoFactory.Torch.Learners;

/// <summary>Where a fit's checkpoint lies: the same job on the same data finds it again after a kill.</summary>
internal static class Checkpoints
{
    /// <summary>The environment variable that names the folder; empty: no checkpoints.</summary>
    public const string FolderVariable = "ALGOFACTORY_CHECKPOINTS";

    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    /// <summary>The file's path; null where none can be kept.</summary>
    public static string? PathOf(TrainingJob job, TrainingData data)
    {
        var folder = Environment.GetEnvironmentVariable(FolderVariable)
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "algofactory", "checkpoints");
        if (folder.Length == 0 || !Path.IsPathRooted(folder))
            return null;
        try
        {
            Directory.CreateDirectory(folder);
            foreach (var old in new DirectoryInfo(folder).EnumerateFiles("*.checkpoint*").Where(f => DateTime.UtcNow - f.LastWriteTimeUtc > Kept))
                old.Delete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(job));
        hash.AppendData(data.Inputs);
        hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(data.Labels.AsSpan()));
        hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(data.Weights.AsSpan()));
        hash.AppendData(data.ValidationInputs);
        return Path.Combine(folder, Convert.ToHexStringLower(hash.GetHashAndReset()) + ".checkpoint");
    }
}
