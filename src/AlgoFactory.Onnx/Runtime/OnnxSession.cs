using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace AlgoFactory.Onnx.Runtime;

/// <summary>A model that ONNX Runtime has loaded. Thread-safe, but for <see cref="Dispose"/>.</summary>
public sealed class OnnxSession : IDisposable
{
    private nint _session;

    /// <summary>Inputs and outputs of the runtime that are not released yet, of all sessions: none, while nothing runs.</summary>
    public static long LiveValues => OrtApi.LiveValues;

    /// <summary>Loads a model.</summary>
    /// <param name="model">The file's bytes.</param>
    /// <param name="threads">Threads that one run uses; 1 is best for single rows.</param>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime is not there or refuses the model.</exception>
    public OnnxSession(ReadOnlySpan<byte> model, int threads = 1) => _session = OrtApi.Instance.CreateSession(model, threads);

    /// <summary>Runs the model on rows.</summary>
    /// <param name="rowCount">How many.</param>
    /// <param name="inputs">An array a named input, each rows × width: <c>float[]</c>, <c>double[]</c>, <c>byte[]</c>, <c>long[]</c> or <c>string[]</c>.</param>
    /// <param name="output">The output to ask for, of float elements.</param>
    /// <returns>Its elements: rows × width.</returns>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime refuses the inputs or fails.</exception>
    public unsafe float[] Run(int rowCount, IReadOnlyCollection<KeyValuePair<string, Array>> inputs, string output)
    {
        ObjectDisposedException.ThrowIf(_session == 0, this);
        var api = OrtApi.Instance;
        using var held = new Held();
        var names = stackalloc byte*[inputs.Count];
        var values = new List<nint>(inputs.Count + 1);
        try
        {
            var at = 0;
            foreach (var (name, data) in inputs)
            {
                names[at++] = held.Text(name);
                values.Add(Tensor(api, held, rowCount, data));
            }

            var outputName = held.Text(output);
            nint result = 0;
            fixed (nint* first = values.ToArray())
                api.Run(_session, names, first, inputs.Count, &outputName, &result, 1);
            values.Add(result);
            return api.Floats(result).ToArray();
        }
        finally
        {
            foreach (var value in values)
                api.ReleaseValue(value);
        }
    }

    /// <summary>Runs the model once to see what an output is.</summary>
    /// <param name="inputs">All inputs; numbers are 0 and texts empty.</param>
    /// <param name="output">The output.</param>
    /// <returns>ONNX's number of its elements' type, 0 where it is no tensor, and its sizes.</returns>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime refuses or fails.</exception>
    public unsafe (int Type, long[] Shape) Probe(ImmutableArray<OnnxSlot> inputs, string output)
    {
        var api = OrtApi.Instance;
        using var held = new Held();
        var names = stackalloc byte*[inputs.Length];
        var values = new nint[inputs.Length];
        nint result = 0;
        try
        {
            for (var i = 0; i < inputs.Length; i++)
            {
                var (slot, memory) = (inputs[i], new byte[inputs[i].Count * OnnxSlot.SizeOf(inputs[i].Type)]);
                names[i] = held.Text(slot.Name);
                values[i] = slot.Type == ElementType.String ? api.CreateTexts(slot.Shape.AsSpan()) : api.CreateTensor(held.Pin(memory), memory.Length, slot.Shape.AsSpan(), slot.Type);
            }

            var outputName = held.Text(output);
            fixed (nint* first = values)
                Run(names, first, inputs.Length, &outputName, &result);
            return api.Describe(result);
        }
        finally
        {
            foreach (var value in values.Append(result))
                if (value != 0)
                    api.ReleaseValue(value);
        }
    }

    /// <summary>Runs the model; an output that is 0 is made, another one is written to.</summary>
    internal unsafe void Run(byte** inputNames, nint* inputs, int inputCount, byte** outputName, nint* output)
    {
        ObjectDisposedException.ThrowIf(_session == 0, this);
        OrtApi.Instance.Run(_session, inputNames, inputs, inputCount, outputName, output, 1);
        // Its finalizer unloads the model.
        GC.KeepAlive(this);
    }

    /// <summary>Unloads the model.</summary>
    public void Dispose()
    {
        var session = Interlocked.Exchange(ref _session, 0);
        if (session != 0)
            OrtApi.Instance.ReleaseSession(session);
        GC.SuppressFinalize(this);
    }

    /// <summary>A model that nobody disposed of is unloaded all the same.</summary>
    ~OnnxSession()
    {
        if (_session != 0)
            OrtApi.Instance.ReleaseSession(_session);
    }

    private static unsafe nint Tensor(OrtApi api, Held held, int rows, Array data)
    {
        if (rows < 1 || data.Length % rows != 0)
            throw new OnnxRuntimeException($"An input of {data.Length} elements does not fill {rows} rows.");
        ReadOnlySpan<long> shape = [rows, data.Length / rows];
        switch (data)
        {
            case float[] numbers:
                return api.CreateTensor(held.Pin(numbers), numbers.Length * (long)sizeof(float), shape, ElementType.Float);
            case double[] numbers:
                return api.CreateTensor(held.Pin(numbers), numbers.Length * (long)sizeof(double), shape, ElementType.Double);
            case byte[] bytes:
                return api.CreateTensor(held.Pin(bytes), bytes.Length, shape, ElementType.UInt8);
            case long[] numbers:
                return api.CreateTensor(held.Pin(numbers), numbers.Length * (long)sizeof(long), shape, ElementType.Int64);
            case string[] texts:
                var pointers = new nint[texts.Length];
                for (var i = 0; i < texts.Length; i++)
                    pointers[i] = (nint)held.Text(texts[i]);
                var value = api.CreateTexts(shape);
                api.SetTexts(value, (byte**)held.Pin(pointers), texts.Length);
                return value;
            default:
                throw new OnnxRuntimeException($"An input is an array of numbers (float, double, byte or long) or of texts (string), not {data.GetType().Name}.");
        }
    }

    /// <summary>What must stay where it is during a run.</summary>
    private sealed unsafe class Held : IDisposable
    {
        private readonly List<GCHandle> _pins = [];
        private readonly List<nint> _texts = [];

        public void* Pin(Array array)
        {
            var pin = GCHandle.Alloc(array, GCHandleType.Pinned);
            _pins.Add(pin);
            return (void*)pin.AddrOfPinnedObject();
        }

        public byte* Text(string text)
        {
            var copy = Marshal.StringToCoTaskMemUTF8(text);
            _texts.Add(copy);
            return (byte*)copy;
        }

        public void Dispose()
        {
            foreach (var pin in _pins)
                pin.Free();
            foreach (var text in _texts)
                Marshal.FreeCoTaskMem(text);
        }
    }
}
