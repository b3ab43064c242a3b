namespace AlgoFactory.Torch.Worker.Tensors;

/// <summary>
/// Owns the tensors that its thread makes while it is the innermost scope, and frees them at its end: so live handles stay the
/// same from step to step. Weights are made outside of a step's scope, or kept.
/// </summary>
public sealed class TensorScope : IDisposable
{
    [ThreadStatic]
    private static TensorScope? _current;

    // A scope a step: their lists are used again.
    [ThreadStatic]
    private static Stack<List<Tensor>>? _spare;

    private readonly TensorScope? _outer;
    private readonly List<Tensor> _tensors;

    /// <summary>Opens a scope inside the thread's current one.</summary>
    public TensorScope()
    {
        _tensors = (_spare ??= new()).TryPop(out var list) ? list : [];
        (_outer, _current) = (_current, this);
    }

    /// <summary>Frees what was made and not kept.</summary>
    public void Dispose()
    {
        if (!ReferenceEquals(_current, this))
            throw new InvalidOperationException("Scopes of tensors end in the opposite order of their beginning, on their own thread.");
        _current = _outer;
        foreach (var tensor in _tensors)
            tensor.Dispose();
        _tensors.Clear();
        _spare!.Push(_tensors);
    }

    internal static void Add(Tensor tensor) => _current?._tensors.Add(tensor);

    internal static void Forget(Tensor tensor)
    {
        // What is kept was made a moment ago.
        if (_current?._tensors is { } tensors && tensors.LastIndexOf(tensor) is var at and >= 0)
            tensors.RemoveAt(at);
    }
}
