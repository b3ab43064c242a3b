using System.Runtime.InteropServices;
using AlgoFactory.Torch.Worker.Native;

namespace AlgoFactory.Torch.Worker.Tensors;

/// <summary>
/// A tensor of libtorch. Its memory is outside of the collector's sight, so that every tensor belongs to the
/// <see cref="TensorScope"/> in which it was made, and goes with it, unless it is kept (<see cref="Keep"/>).
/// </summary>
public sealed unsafe class Tensor : SafeHandle
{
    private const int Float = 0;
    private const int Byte = 1;
    private const int Long = 2;

    /// <summary>For the marshaller alone.</summary>
    public Tensor()
        : base(0, ownsHandle: true)
    {
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>All elements.</summary>
    public long Count => TorchApi.Count(this);

    /// <summary>Copies numbers.</summary>
    public static Tensor Of(ReadOnlySpan<float> values, int device, params ReadOnlySpan<long> sizes)
    {
        Fill(values.Length, sizes);
        fixed (float* data = values)
        fixed (long* dims = sizes)
            return Made(TorchApi.Tensor(data, dims, sizes.Length, Float, device));
    }

    /// <summary>Copies bytes.</summary>
    public static Tensor Of(ReadOnlySpan<byte> values, int device, params ReadOnlySpan<long> sizes)
    {
        Fill(values.Length, sizes);
        fixed (byte* data = values)
        fixed (long* dims = sizes)
            return Made(TorchApi.Tensor(data, dims, sizes.Length, Byte, device));
    }

    /// <summary>Copies indices.</summary>
    public static Tensor Of(ReadOnlySpan<long> values, int device)
    {
        var count = (long)values.Length;
        fixed (long* data = values)
            return Made(TorchApi.Tensor(data, &count, 1, Long, device));
    }

    /// <summary>A float tensor of one value.</summary>
    public static Tensor Full(double value, int device, params ReadOnlySpan<long> sizes)
    {
        fixed (long* dims = sizes)
            return Made(TorchApi.Full(dims, sizes.Length, value, Float, device));
    }

    /// <summary>A float tensor of the standard normal distribution: the same for a seed on every device.</summary>
    public static Tensor Random(int device, params ReadOnlySpan<long> sizes)
    {
        fixed (long* dims = sizes)
            return Made(TorchApi.Randn(dims, sizes.Length, device));
    }

    /// <summary>The elements as floats, on the CPU.</summary>
    public float[] ToArray()
    {
        var values = new float[Count];
        Read(values);
        return values;
    }

    /// <summary>Copies the elements as floats.</summary>
    public void Read(Span<float> to)
    {
        fixed (float* data = to)
            TorchException.Check(TorchApi.Read(this, data, to.Length));
    }

    /// <summary>The only element.</summary>
    public float Item()
    {
        float value;
        TorchException.Check(TorchApi.Read(this, &value, 1));
        return value;
    }

    /// <summary>The size of a dimension.</summary>
    public long Size(int dim) => TorchApi.Size(this, dim);

    /// <summary>As floats on a device.</summary>
    public Tensor ToFloat(int device) => Made(TorchApi.To(this, Float, device));

    /// <summary>The same elements in another shape.</summary>
    public Tensor Reshape(params ReadOnlySpan<long> sizes)
    {
        fixed (long* dims = sizes)
            return Made(TorchApi.Reshape(this, dims, sizes.Length));
    }

    /// <summary>Dimensions in another order.</summary>
    public Tensor Permute(params ReadOnlySpan<long> order)
    {
        fixed (long* dims = order)
            return Made(TorchApi.Permute(this, dims, order.Length));
    }

    /// <summary>Rows by index.</summary>
    public Tensor Rows(Tensor indices) => Made(TorchApi.Rows(this, indices));

    /// <summary>A part of a dimension.</summary>
    public Tensor Narrow(int dim, long start, long length) => Made(TorchApi.Narrow(this, dim, start, length));

    /// <summary>Tensors side by side along a dimension.</summary>
    public static Tensor Concat(IReadOnlyList<Tensor> tensors, int dim)
    {
        var handles = new nint[tensors.Count];
        for (var i = 0; i < handles.Length; i++)
            handles[i] = tensors[i].DangerousGetHandle();
        fixed (nint* all = handles)
        {
            var joined = TorchApi.Concat(all, handles.Length, dim);
            // Their memory must not go while the library reads it.
            GC.KeepAlive(tensors);
            return Made(joined);
        }
    }

    /// <summary>The sum of two.</summary>
    public Tensor Add(Tensor other) => Made(TorchApi.Add(this, other));

    /// <summary>The difference of two.</summary>
    public Tensor Sub(Tensor other) => Made(TorchApi.Sub(this, other));

    /// <summary>The product of two, element by element.</summary>
    public Tensor Mul(Tensor other) => Made(TorchApi.Mul(this, other));

    /// <summary>Times a number, plus a number.</summary>
    public Tensor Affine(double factor, double offset = 0) => Made(TorchApi.Affine(this, factor, offset));

    /// <summary>The positive part of the sum of two.</summary>
    public Tensor AddRelu(Tensor other) => Made(TorchApi.AddRelu(this, other));

    /// <summary>Held between two numbers.</summary>
    public Tensor Clamp(double low, double high) => Made(TorchApi.Clamp(this, low, high));

    /// <summary>Rounded down.</summary>
    public Tensor Floor() => Made(TorchApi.Floor(this));

    /// <summary>1 where it is less than the other, else 0.</summary>
    public Tensor Less(Tensor other) => Made(TorchApi.Less(this, other));

    /// <summary>this + weight · (other - this).</summary>
    public Tensor Lerp(Tensor other, Tensor weight) => Made(TorchApi.Lerp(this, other, weight));

    /// <summary>The sum of all elements.</summary>
    public Tensor Sum() => Made(TorchApi.Sum(this));

    /// <summary>The mean over dimensions.</summary>
    public Tensor Mean(ReadOnlySpan<long> dims, bool keep)
    {
        fixed (long* over = dims)
            return Made(TorchApi.Mean(this, over, dims.Length, keep ? 1 : 0));
    }

    /// <summary>Softmax over a dimension.</summary>
    public Tensor Softmax(int dim) => Made(TorchApi.Softmax(this, dim));

    /// <summary>The logarithm of softmax over a dimension.</summary>
    public Tensor LogSoftmax(int dim) => Made(TorchApi.LogSoftmax(this, dim));

    /// <summary>The matrix product.</summary>
    public Tensor MatMul(Tensor other) => Made(TorchApi.MatMul(this, other));

    /// <summary>A convolution without bias; channels × height × width from the second dimension on.</summary>
    public Tensor Conv2d(Tensor weight, int stride, int padding) => Made(TorchApi.Conv2d(this, weight, stride, padding));

    /// <summary>Batch normalisation; in training it also updates the running mean and variance.</summary>
    public Tensor BatchNorm(Tensor scale, Tensor shift, Tensor mean, Tensor variance, bool training, double momentum, double epsilon) =>
        Made(TorchApi.BatchNorm(this, scale, shift, mean, variance, training ? 1 : 0, momentum, epsilon));

    /// <summary>Sets what is negative to 0, in this tensor itself.</summary>
    public Tensor ReluInPlace() => Made(TorchApi.ReluInPlace(this));

    /// <summary>The largest of each square.</summary>
    public Tensor MaxPool2d(int size) => Made(TorchApi.MaxPool2d(this, size));

    /// <summary>The mean of each square.</summary>
    public Tensor AvgPool2d(int size) => Made(TorchApi.AvgPool2d(this, size));

    /// <summary>x · wᵀ + b.</summary>
    public Tensor Linear(Tensor weight, Tensor bias) => Made(TorchApi.Linear(this, weight, bias));

    /// <summary>Drops a share of the elements and makes the others larger, in training.</summary>
    public Tensor Dropout(double share, bool training) => Made(TorchApi.Dropout(this, share, training ? 1 : 0));

    /// <summary>x · Φ(x) (Hendrycks and Gimpel, Gaussian error linear units, 2016).</summary>
    public Tensor Gelu() => Made(TorchApi.Gelu(this));

    /// <summary>Normalised over the last dimension (Ba et al., Layer normalization, 2016).</summary>
    public Tensor LayerNorm(Tensor scale, Tensor shift, double epsilon) => Made(TorchApi.LayerNorm(this, scale, shift, epsilon));

    /// <summary>Its rows by index, one behind the other: of a table of vectors, those of tokens.</summary>
    public Tensor Embedding(Tensor indices) => Made(TorchApi.Embedding(this, indices));

    /// <summary>Each image through its own matrix of 2 × 3 (from places of the result, -1 to 1, to those of the image), bilinear; beyond its edge are its border's pixels, or black.</summary>
    public Tensor Warp(Tensor matrices, bool border) => Made(TorchApi.Warp(this, matrices, border ? 1 : 0));

    /// <summary>In the layout that tensor cores read.</summary>
    public Tensor ChannelsLast() => Made(TorchApi.ChannelsLast(this));

    /// <summary>Makes it a parameter.</summary>
    public Tensor RequireGrad()
    {
        TorchException.Check(TorchApi.RequireGrad(this));
        return this;
    }

    /// <summary>Overwrites the elements.</summary>
    public void Copy(Tensor from) => TorchException.Check(TorchApi.Copy(this, from));

    /// <summary>Overwrites a rectangle of every image.</summary>
    public void CopyWithin(int top, int left, int height, int width, Tensor from) => TorchException.Check(TorchApi.CopyWithin(this, top, left, height, width, from));

    /// <summary>The gradients of all parameters that it depends on.</summary>
    public void Backward() => TorchException.Check(TorchApi.Backward(this));

    /// <summary>Takes it out of the scope it was made in: from now on the caller disposes of it.</summary>
    public Tensor Keep()
    {
        TensorScope.Forget(this);
        return this;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        TorchApi.Free(handle);
        return true;
    }

    private static Tensor Made(Tensor tensor)
    {
        if (tensor.IsInvalid)
            throw TorchException.Last();
        TensorScope.Add(tensor);
        return tensor;
    }

    // An exception of libtorch costs milliseconds; what can be seen here is.
    private static void Fill(long count, ReadOnlySpan<long> sizes)
    {
        long product = 1;
        foreach (var size in sizes)
            product *= size;
        if (product != count)
            throw new ArgumentException($"{count} elements do not fill a tensor of {product}.", nameof(sizes));
    }
}
