using System.Runtime.InteropServices;

namespace AlgoFactory.Onnx.Runtime;

/// <summary>
/// The functions of ONNX Runtime's C API that are used here. They stand in one table whose order never changes
/// (onnxruntime_c_api.h); the numbers are their places in it.
/// </summary>
internal sealed unsafe class OrtApi
{
    /// <summary>The version of the table that is asked for: every later runtime has it.</summary>
    private const uint TableVersion = 16;

    private static long _liveValues;

    private static readonly Lazy<OrtApi> Loaded = new(() => new OrtApi());

    private readonly void** _table;

    private OrtApi()
    {
        var library = OnnxRuntimeLibrary.Load();
        var getBase = (delegate* unmanaged<void**>)NativeLibrary.GetExport(library, "OrtGetApiBase");
        _table = (void**)((delegate* unmanaged<uint, void*>)getBase()[0])(TableVersion);
        if (_table is null)
            throw new OnnxRuntimeException("The ONNX Runtime that was found is too old.");
        nint environment;
        fixed (byte* name = "algofactory\0"u8)
            Check(((delegate* unmanaged<int, byte*, nint*, nint>)_table[3])(3, name, &environment));
        Environment = environment;
        nint memory;
        Check(((delegate* unmanaged<int, int, nint*, nint>)_table[69])(0, 0, &memory));
        CpuMemory = memory;
        nint allocator;
        Check(((delegate* unmanaged<nint*, nint>)_table[78])(&allocator));
        Allocator = allocator;
    }

    /// <summary>The functions; loads the library when first asked for.</summary>
    public static OrtApi Instance => Loaded.Value;

    /// <summary>Values that were made and not released.</summary>
    public static long LiveValues => Interlocked.Read(ref _liveValues);

    private nint Environment { get; }

    private nint CpuMemory { get; }

    private nint Allocator { get; }

    public nint CreateSession(ReadOnlySpan<byte> model, int threads)
    {
        nint options, session;
        Check(((delegate* unmanaged<nint*, nint>)_table[10])(&options));
        try
        {
            Check(((delegate* unmanaged<nint, int, nint>)_table[24])(options, threads));
            fixed (byte* data = model)
                Check(((delegate* unmanaged<nint, byte*, nuint, nint, nint*, nint>)_table[8])(Environment, data, (nuint)model.Length, options, &session));
            return session;
        }
        finally
        {
            ((delegate* unmanaged<nint, void>)_table[100])(options);
        }
    }

    public void ReleaseSession(nint session) => ((delegate* unmanaged<nint, void>)_table[95])(session);

    /// <summary>A tensor over memory that must stay where it is until <see cref="ReleaseValue"/>.</summary>
    public nint CreateTensor(void* data, long bytes, ReadOnlySpan<long> shape, ElementType type)
    {
        nint value;
        fixed (long* sizes = shape)
            Check(((delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint>)_table[49])(
                CpuMemory, data, (nuint)bytes, sizes, (nuint)shape.Length, (int)type, &value));
        Interlocked.Increment(ref _liveValues);
        return value;
    }

    /// <summary>A tensor of empty texts.</summary>
    public nint CreateTexts(ReadOnlySpan<long> shape)
    {
        nint value;
        fixed (long* sizes = shape)
            Check(((delegate* unmanaged<nint, long*, nuint, int, nint*, nint>)_table[48])(Allocator, sizes, (nuint)shape.Length, (int)ElementType.String, &value));
        Interlocked.Increment(ref _liveValues);
        return value;
    }

    /// <summary>Sets a tensor's texts, which are copied; they end with a zero byte.</summary>
    public void SetTexts(nint value, byte** texts, int count) =>
        Check(((delegate* unmanaged<nint, byte**, nuint, nint>)_table[52])(value, texts, (nuint)count));

    /// <summary>The type (ONNX's number) and shape of a tensor; 0 and none for what is no tensor.</summary>
    public (int Type, long[] Shape) Describe(nint value)
    {
        int isTensor;
        Check(((delegate* unmanaged<nint, int*, nint>)_table[50])(value, &isTensor));
        if (isTensor == 0)
            return (0, []);
        nint about;
        Check(((delegate* unmanaged<nint, nint*, nint>)_table[65])(value, &about));
        try
        {
            int type;
            nuint rank;
            Check(((delegate* unmanaged<nint, int*, nint>)_table[60])(about, &type));
            Check(((delegate* unmanaged<nint, nuint*, nint>)_table[61])(about, &rank));
            var shape = new long[rank];
            fixed (long* sizes = shape)
                Check(((delegate* unmanaged<nint, long*, nuint, nint>)_table[62])(about, sizes, rank));
            return (type, shape);
        }
        finally
        {
            ((delegate* unmanaged<nint, void>)_table[99])(about);
        }
    }

    public void ReleaseValue(nint value)
    {
        ((delegate* unmanaged<nint, void>)_table[96])(value);
        Interlocked.Decrement(ref _liveValues);
    }

    /// <summary>Runs a model; the outputs are the caller's to release.</summary>
    public void Run(nint session, byte** inputNames, nint* inputs, int inputCount, byte** outputNames, nint* outputs, int outputCount)
    {
        Check(((delegate* unmanaged<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint>)_table[9])(
            session, 0, inputNames, inputs, (nuint)inputCount, outputNames, (nuint)outputCount, outputs));
        Interlocked.Add(ref _liveValues, outputCount);
    }

    /// <summary>A tensor's elements.</summary>
    public ReadOnlySpan<float> Floats(nint value)
    {
        nint shape;
        Check(((delegate* unmanaged<nint, nint*, nint>)_table[65])(value, &shape));
        int type;
        nuint count;
        try
        {
            Check(((delegate* unmanaged<nint, int*, nint>)_table[60])(shape, &type));
            Check(((delegate* unmanaged<nint, nuint*, nint>)_table[64])(shape, &count));
        }
        finally
        {
            ((delegate* unmanaged<nint, void>)_table[99])(shape);
        }

        if (type != (int)ElementType.Float)
            throw new OnnxRuntimeException($"The output is of ONNX's element type {type}, not of {(int)ElementType.Float} (float).");
        float* data;
        Check(((delegate* unmanaged<nint, float**, nint>)_table[51])(value, &data));
        return new ReadOnlySpan<float>(data, checked((int)count));
    }

    private void Check(nint status)
    {
        if (status == 0)
            return;
        var message = Marshal.PtrToStringUTF8((nint)((delegate* unmanaged<nint, byte*>)_table[2])(status));
        ((delegate* unmanaged<nint, void>)_table[93])(status);
        throw new OnnxRuntimeException($"ONNX Runtime: {message}");
    }
}
