using AlgoFactory.Torch.Protocol;
using AlgoFactory.Torch.Worker.Modules;
using AlgoFactory.Torch.Worker.Native;

namespace AlgoFactory.Torch.Worker.Training;

/// <summary>A network on a device, with the rows that it learns from there.</summary>
/// <param name="Device">-1: the CPU; else a CUDA device.</param>
/// <param name="Network">The network.</param>
/// <param name="Rows">The rows, in that device's memory.</param>
internal sealed record Replica(int Device, Network Network, IExamples Rows);

/// <summary>
/// Data parallelism: each device has a copy of the network and of the rows and works out the gradients of a part of the batch; their sum
/// changes the first one's weights, which the others then take over. So the gradients are those of the whole batch on one device; only
/// batch normalisation sees parts, and keeps the running statistics of the first. Parts are queued one after the other by one thread,
/// and devices work on them at the same time, as copies to them come from pinned memory and wait for nothing.
/// </summary>
internal sealed unsafe class Replicas : IDisposable
{
    private readonly Replica[] _all;

    /// <summary>Makes them, with the same weights.</summary>
    /// <param name="job">The job.</param>
    /// <param name="inputs">Its training rows.</param>
    /// <param name="devices">The devices, at least one.</param>
    public Replicas(TrainingJob job, ReadOnlySpan<byte> inputs, IReadOnlyList<int> devices)
    {
        _all = new Replica[devices.Count];
        for (var i = 0; i < _all.Length; i++)
            _all[i] = new Replica(devices[i], Network.Of(job.Network, job.Options.Dropout, devices[i], trained: true), IExamples.Of(job, inputs, job.Rows, devices[i]));
        Spread();
    }

    /// <summary>Devices.</summary>
    public int Count => _all.Length;

    /// <summary>The one whose weights are trained.</summary>
    public Replica First => _all[0];

    /// <summary>The one that works on a part of a batch.</summary>
    public Replica this[int part] => _all[part % _all.Length];

    /// <summary>
    /// The parts of a batch: one a device, or more where a device has room for fewer rows. None is a single row, of which batch
    /// normalisation learns nothing, but where there is no room for three.
    /// </summary>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="most">Rows that a device has room for.</param>
    /// <returns>Where each part begins, and behind the last one the end.</returns>
    public int[] Parts(int rows, int most)
    {
        var parts = Math.Max((rows + most - 1) / most, Math.Max(1, Math.Min(_all.Length, rows / 2)));
        var starts = new int[parts + 1];
        for (var part = 0; part <= parts; part++)
            starts[part] = (int)((long)rows * part / parts);
        return starts;
    }

    /// <summary>Forgets all gradients.</summary>
    public void ZeroGradients()
    {
        foreach (var replica in _all)
            fixed (nint* parameters = replica.Network.Trained.Handles)
                TorchException.Check(TorchApi.ZeroGrad(parameters, replica.Network.Trained.Handles.Length));
    }

    /// <summary>Adds the gradients of all to the first one's.</summary>
    public void GatherGradients()
    {
        foreach (var replica in _all.AsSpan(1))
            fixed (nint* to = First.Network.Trained.Handles)
            fixed (nint* from = replica.Network.Trained.Handles)
                TorchException.Check(TorchApi.GatherGrad(to, from, First.Network.Trained.Handles.Length));
    }

    /// <summary>Gives all the first one's weights.</summary>
    public void Spread()
    {
        foreach (var replica in _all.AsSpan(1))
            replica.Network.CopyFrom(First.Network);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var replica in _all)
        {
            replica.Rows.Dispose();
            replica.Network.Dispose();
        }
    }
}
