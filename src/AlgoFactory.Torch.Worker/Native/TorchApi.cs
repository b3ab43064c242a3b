using System.Reflection;
using System.Runtime.InteropServices;
using AlgoFactory.Torch.Workers;

namespace AlgoFactory.Torch.Worker.Native;

/// <summary>The shim's functions (native/torch/shim.cpp). What returns null or a number other than 0 has failed; <see cref="TorchException.Last"/> says why.</summary>
internal static unsafe partial class TorchApi
{
    /// <summary>The version of the shim's functions that is called here.</summary>
    public const long AbiVersion = 2;

    private const string Library = "algofactory-torch";

    static TorchApi() => NativeLibrary.SetDllImportResolver(typeof(TorchApi).Assembly, Resolve);

    /// <summary>Loads the library.</summary>
    /// <exception cref="TorchException">It is not there, of another build, or libtorch itself is missing.</exception>
    public static void Load()
    {
        try
        {
            if (Abi() is var abi and not AbiVersion)
                throw new TorchException($"The shim over libtorch is of version {abi} and not {AbiVersion}; build it again: ./algofactory install torch", false);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            throw new TorchException($"libtorch cannot be loaded ({e.Message}); run: ./algofactory install torch", false);
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search) =>
        name != Library ? 0 : NativeLibrary.Load(TorchLibrary.Path ?? throw new DllNotFoundException(TorchLibrary.HowToInstall));

    [LibraryImport(Library, EntryPoint = "aft_abi")] private static partial long Abi();
    [LibraryImport(Library, EntryPoint = "aft_torch_version")] public static partial byte* TorchVersion();
    [LibraryImport(Library, EntryPoint = "aft_error")] public static partial byte* Error();
    [LibraryImport(Library, EntryPoint = "aft_is_out_of_memory")] public static partial int IsOutOfMemory();
    [LibraryImport(Library, EntryPoint = "aft_live_handles")] public static partial long LiveHandles();
    [LibraryImport(Library, EntryPoint = "aft_start")] public static partial void Start(int threads);
    [LibraryImport(Library, EntryPoint = "aft_cuda_devices")] public static partial int CudaDevices();
    [LibraryImport(Library, EntryPoint = "aft_seed")] public static partial int Seed(ulong seed);
    [LibraryImport(Library, EntryPoint = "aft_set_grad")] public static partial void SetGrad(int enabled);
    [LibraryImport(Library, EntryPoint = "aft_autocast")] public static partial int Autocast(int device, int enabled);

    [LibraryImport(Library, EntryPoint = "aft_tensor")] public static partial Tensors.Tensor Tensor(void* data, long* sizes, long dims, int type, int device);
    [LibraryImport(Library, EntryPoint = "aft_full")] public static partial Tensors.Tensor Full(long* sizes, long dims, double value, int type, int device);
    [LibraryImport(Library, EntryPoint = "aft_randn")] public static partial Tensors.Tensor Randn(long* sizes, long dims, int device);
    [LibraryImport(Library, EntryPoint = "aft_free")] public static partial void Free(nint tensor);
    [LibraryImport(Library, EntryPoint = "aft_count")] public static partial long Count(Tensors.Tensor tensor);
    [LibraryImport(Library, EntryPoint = "aft_size")] public static partial long Size(Tensors.Tensor tensor, long dim);
    [LibraryImport(Library, EntryPoint = "aft_read")] public static partial int Read(Tensors.Tensor tensor, float* to, long count);
    [LibraryImport(Library, EntryPoint = "aft_to")] public static partial Tensors.Tensor To(Tensors.Tensor tensor, int type, int device);
    [LibraryImport(Library, EntryPoint = "aft_channels_last")] public static partial Tensors.Tensor ChannelsLast(Tensors.Tensor tensor);
    [LibraryImport(Library, EntryPoint = "aft_require_grad")] public static partial int RequireGrad(Tensors.Tensor tensor);
    [LibraryImport(Library, EntryPoint = "aft_copy")] public static partial int Copy(Tensors.Tensor to, Tensors.Tensor from);
    [LibraryImport(Library, EntryPoint = "aft_copy_within")] public static partial int CopyWithin(Tensors.Tensor to, long top, long left, long height, long width, Tensors.Tensor from);
    [LibraryImport(Library, EntryPoint = "aft_reshape")] public static partial Tensors.Tensor Reshape(Tensors.Tensor tensor, long* sizes, long dims);
    [LibraryImport(Library, EntryPoint = "aft_permute")] public static partial Tensors.Tensor Permute(Tensors.Tensor tensor, long* order, long dims);
    [LibraryImport(Library, EntryPoint = "aft_rows")] public static partial Tensors.Tensor Rows(Tensors.Tensor tensor, Tensors.Tensor indices);
    [LibraryImport(Library, EntryPoint = "aft_narrow")] public static partial Tensors.Tensor Narrow(Tensors.Tensor tensor, long dim, long start, long length);
    [LibraryImport(Library, EntryPoint = "aft_cat")] public static partial Tensors.Tensor Concat(nint* tensors, long count, long dim);
    [LibraryImport(Library, EntryPoint = "aft_add")] public static partial Tensors.Tensor Add(Tensors.Tensor a, Tensors.Tensor b);
    [LibraryImport(Library, EntryPoint = "aft_sub")] public static partial Tensors.Tensor Sub(Tensors.Tensor a, Tensors.Tensor b);
    [LibraryImport(Library, EntryPoint = "aft_mul")] public static partial Tensors.Tensor Mul(Tensors.Tensor a, Tensors.Tensor b);
    [LibraryImport(Library, EntryPoint = "aft_affine")] public static partial Tensors.Tensor Affine(Tensors.Tensor a, double factor, double offset);
    [LibraryImport(Library, EntryPoint = "aft_add_relu")] public static partial Tensors.Tensor AddRelu(Tensors.Tensor a, Tensors.Tensor b);
    [LibraryImport(Library, EntryPoint = "aft_clamp")] public static partial Tensors.Tensor Clamp(Tensors.Tensor a, double low, double high);
    [LibraryImport(Library, EntryPoint = "aft_floor")] public static partial Tensors.Tensor Floor(Tensors.Tensor a);
    [LibraryImport(Library, EntryPoint = "aft_less")] public static partial Tensors.Tensor Less(Tensors.Tensor a, Tensors.Tensor b);
    [LibraryImport(Library, EntryPoint = "aft_lerp")] public static partial Tensors.Tensor Lerp(Tensors.Tensor a, Tensors.Tensor b, Tensors.Tensor weight);
    [LibraryImport(Library, EntryPoint = "aft_sum")] public static partial Tensors.Tensor Sum(Tensors.Tensor a);
    [LibraryImport(Library, EntryPoint = "aft_mean")] public static partial Tensors.Tensor Mean(Tensors.Tensor a, long* dims, long count, int keep);
    [LibraryImport(Library, EntryPoint = "aft_softmax")] public static partial Tensors.Tensor Softmax(Tensors.Tensor a, long dim);
    [LibraryImport(Library, EntryPoint = "aft_log_softmax")] public static partial Tensors.Tensor LogSoftmax(Tensors.Tensor a, long dim);
    [LibraryImport(Library, EntryPoint = "aft_matmul")] public static partial Tensors.Tensor MatMul(Tensors.Tensor a, Tensors.Tensor b);
    [LibraryImport(Library, EntryPoint = "aft_conv2d")] public static partial Tensors.Tensor Conv2d(Tensors.Tensor x, Tensors.Tensor weight, long stride, long padding);
    [LibraryImport(Library, EntryPoint = "aft_batch_norm")]
    public static partial Tensors.Tensor BatchNorm(
        Tensors.Tensor x, Tensors.Tensor weight, Tensors.Tensor bias, Tensors.Tensor mean, Tensors.Tensor variance, int training, double momentum, double epsilon);
    [LibraryImport(Library, EntryPoint = "aft_relu_")] public static partial Tensors.Tensor ReluInPlace(Tensors.Tensor x);
    [LibraryImport(Library, EntryPoint = "aft_max_pool2d")] public static partial Tensors.Tensor MaxPool2d(Tensors.Tensor x, long size);
    [LibraryImport(Library, EntryPoint = "aft_avg_pool2d")] public static partial Tensors.Tensor AvgPool2d(Tensors.Tensor x, long size);
    [LibraryImport(Library, EntryPoint = "aft_linear")] public static partial Tensors.Tensor Linear(Tensors.Tensor x, Tensors.Tensor weight, Tensors.Tensor bias);
    [LibraryImport(Library, EntryPoint = "aft_dropout")] public static partial Tensors.Tensor Dropout(Tensors.Tensor x, double share, int training);
    [LibraryImport(Library, EntryPoint = "aft_gelu")] public static partial Tensors.Tensor Gelu(Tensors.Tensor x);
    [LibraryImport(Library, EntryPoint = "aft_layer_norm")] public static partial Tensors.Tensor LayerNorm(Tensors.Tensor x, Tensors.Tensor weight, Tensors.Tensor bias, double epsilon);
    [LibraryImport(Library, EntryPoint = "aft_embedding")] public static partial Tensors.Tensor Embedding(Tensors.Tensor weight, Tensors.Tensor indices);
    [LibraryImport(Library, EntryPoint = "aft_warp")] public static partial Tensors.Tensor Warp(Tensors.Tensor images, Tensors.Tensor matrices, int border);
    [LibraryImport(Library, EntryPoint = "aft_backward")] public static partial int Backward(Tensors.Tensor loss);
    [LibraryImport(Library, EntryPoint = "aft_zero_grad")] public static partial int ZeroGrad(nint* parameters, long count);
    [LibraryImport(Library, EntryPoint = "aft_gather_grad")] public static partial int GatherGrad(nint* parameters, nint* copies, long count);
    [LibraryImport(Library, EntryPoint = "aft_clip_grad")] public static partial double ClipGrad(nint* parameters, long count, double most);
    [LibraryImport(Library, EntryPoint = "aft_optimizer")]
    public static partial Training.Optimizer Optimizer(int kind, nint* parameters, long count, long decayed, double rate, double decay, double momentum, double beta2);
    [LibraryImport(Library, EntryPoint = "aft_optimizer_free")] public static partial void FreeOptimizer(nint optimizer);
    [LibraryImport(Library, EntryPoint = "aft_optimizer_rate")] public static partial int SetRate(Training.Optimizer optimizer, double rate);
    [LibraryImport(Library, EntryPoint = "aft_optimizer_step")] public static partial int Step(Training.Optimizer optimizer);
    [LibraryImport(Library, EntryPoint = "aft_average")] public static partial int Average(nint* averages, nint* values, long count, double decay);
    [LibraryImport(Library, EntryPoint = "aft_save", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Save(string path, nint* tensors, long count, Training.Optimizer optimizer, string note);
    [LibraryImport(Library, EntryPoint = "aft_load", StringMarshalling = StringMarshalling.Utf8)]
    public static partial byte* LoadCheckpoint(string path, nint* tensors, long count, Training.Optimizer optimizer);
}
