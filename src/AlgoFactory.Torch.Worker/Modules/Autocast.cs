using AlgoFactory.Torch.Worker.Native;

namespace AlgoFactory.Torch.Worker.Modules;

/// <summary>Computes in bf16 what loses nothing by it, on CUDA and in training, until it is disposed of: by an exception too.</summary>
internal readonly ref struct Autocast
{
    private readonly int _device;

    public Autocast(int device, bool training)
    {
        _device = training ? device : -1;
        if (_device >= 0)
            TorchException.Check(TorchApi.Autocast(_device, 1));
    }

    public void Dispose()
    {
        if (_device >= 0)
            TorchException.Check(TorchApi.Autocast(_device, 0));
    }
}
