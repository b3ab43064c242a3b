using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Torch.Worker.Native;
using AlgoFactory.Torch.Worker.Tensors;

namespace AlgoFactory.Torch.Worker.Training;

/// <summary>Where training stands between two epochs, beside its tensors.</summary>
/// <param name="Epochs">Epochs that are done.</param>
/// <param name="Seconds">What they took.</param>
/// <param name="BestEpoch">The best of them.</param>
/// <param name="BestLoss">Its validation value, lower is better; null before any.</param>
/// <param name="Curve">How they went.</param>
public sealed record TrainingState(int Epochs, double Seconds, int BestEpoch, double? BestLoss, ImmutableArray<TrainingEpoch> Curve);

/// <summary>
/// A training's file: its networks, its optimiser, where it stands. It replaces the file before in one step, so that a kill at any
/// moment leaves a whole one. The format is this build's own, without any promise.
/// </summary>
internal static unsafe class Checkpoint
{
    public static void Save(string path, TensorList tensors, Optimizer optimizer, TrainingState state)
    {
        var next = path + ".next";
        fixed (nint* handles = tensors.Handles)
            TorchException.Check(TorchApi.Save(next, handles, tensors.Handles.Length, optimizer, JsonSerializer.Serialize(state)));
        File.Move(next, path, overwrite: true);
    }

    /// <summary>Fills tensors and optimiser; null where there is no such file, or none of this network.</summary>
    public static TrainingState? Load(string path, TensorList tensors, Optimizer optimizer)
    {
        if (!File.Exists(path))
            return null;
        fixed (nint* handles = tensors.Handles)
        {
            var note = TorchApi.LoadCheckpoint(path, handles, tensors.Handles.Length, optimizer);
            return note == null ? null : JsonSerializer.Deserialize<TrainingState>(Marshal.PtrToStringUTF8((nint)note)!);
        }
    }
}
