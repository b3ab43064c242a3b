using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Serialization;

namespace AlgoFactory.Onnx.Runtime;

/// <summary>A tensor of a fixed shape.</summary>
/// <param name="Name">The input's or output's name.</param>
/// <param name="Type">Its elements' type.</param>
/// <param name="Shape">Its sizes.</param>
public sealed record OnnxSlot(string Name, ElementType Type, ImmutableArray<long> Shape)
{
    /// <summary>Its elements.</summary>
    [JsonIgnore]
    public int Count => checked((int)Shape.Aggregate(1L, (product, size) => checked(product * size)));

    /// <summary>The bytes of an element of that type; 0 for texts, which have none here.</summary>
    public static int SizeOf(ElementType type) => type switch
    {
        ElementType.Float or ElementType.Int32 => 4,
        ElementType.Double or ElementType.Int64 => 8,
        ElementType.UInt8 or ElementType.Bool => 1,
        _ => 0,
    };
}

/// <summary>
/// A session's inputs and output bound to memory of their own: a run reads what was written into the inputs, leaves its answer
/// in the output, and allocates nothing. For one caller at a time.
/// </summary>
public sealed unsafe class OnnxBinding : IDisposable
{
    private readonly OnnxSession _session;
    private readonly ImmutableArray<OnnxSlot> _inputs;
    private readonly byte[][] _memory;
    private readonly nint[] _values;
    private readonly nint[] _names;
    private bool _disposed;

    /// <summary>Binds inputs and an output.</summary>
    /// <param name="session">The model.</param>
    /// <param name="inputs">All its inputs.</param>
    /// <param name="output">The output that is asked for: numbers.</param>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime refuses.</exception>
    public OnnxBinding(OnnxSession session, ImmutableArray<OnnxSlot> inputs, OnnxSlot output)
    {
        (_session, _inputs) = (session, inputs);
        ImmutableArray<OnnxSlot> slots = [.. inputs, output];
        _memory = [.. slots.Select(s => GC.AllocateArray<byte>(s.Count * OnnxSlot.SizeOf(s.Type), pinned: true))];
        _values = new nint[slots.Length];
        _names = new nint[slots.Length];
        var api = OrtApi.Instance;
        for (var i = 0; i < slots.Length; i++)
        {
            var slot = slots[i];
            _names[i] = Marshal.StringToCoTaskMemUTF8(slot.Name);
            _values[i] = slot.Type == ElementType.String
                ? api.CreateTexts(slot.Shape.AsSpan())
                : api.CreateTensor((void*)Marshal.UnsafeAddrOfPinnedArrayElement(_memory[i], 0), _memory[i].Length, slot.Shape.AsSpan(), slot.Type);
        }
    }

    /// <summary>An input's elements, to be written before a run.</summary>
    public Span<T> Input<T>(int input) where T : unmanaged => MemoryMarshal.Cast<byte, T>(_memory[input].AsSpan());

    /// <summary>The output's elements, after a run.</summary>
    public ReadOnlySpan<T> Output<T>() where T : unmanaged => MemoryMarshal.Cast<byte, T>(_memory[^1]);

    /// <summary>Sets an input of texts.</summary>
    /// <exception cref="OnnxRuntimeException">They are more or fewer than it has elements.</exception>
    public void SetTexts(int input, ReadOnlySpan<string> texts)
    {
        var pointers = stackalloc byte*[texts.Length];
        var bytes = 0;
        foreach (var text in texts)
            bytes += Encoding.UTF8.GetByteCount(text) + 1;
        const int onStack = 1024;
        Span<byte> utf8 = bytes <= onStack ? stackalloc byte[onStack] : GC.AllocateUninitializedArray<byte>(bytes, pinned: true);
        fixed (byte* start = utf8)
        {
            var at = 0;
            for (var i = 0; i < texts.Length; i++)
            {
                pointers[i] = start + at;
                at += Encoding.UTF8.GetBytes(texts[i], utf8[at..]);
                utf8[at++] = 0;
            }

            OrtApi.Instance.SetTexts(_values[input], pointers, texts.Length);
        }
    }

    /// <summary>Runs the model.</summary>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime fails, or the answer has another shape or type.</exception>
    public void Run()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        fixed (nint* names = _names)
        fixed (nint* values = _values)
            _session.Run((byte**)names, values, _inputs.Length, (byte**)(names + _inputs.Length), values + _inputs.Length);
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    /// <summary>A binding that nobody disposed of is released all the same.</summary>
    ~OnnxBinding() => Release();

    private void Release()
    {
        if (_disposed)
            return;
        _disposed = true;
        foreach (var value in _values)
            if (value != 0)
                OrtApi.Instance.ReleaseValue(value);
        foreach (var name in _names)
            Marshal.FreeCoTaskMem(name);
    }
}
