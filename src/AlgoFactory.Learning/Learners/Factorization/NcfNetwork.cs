using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Learners.Factorization;

/// <summary>
/// The network of neural matrix factorization (NeuMF; He et al., "Neural collaborative filtering", WWW 2017): the score of
/// user u and item i is p_u · q_i (generalised matrix factorization, whose output weights are absorbed in p) plus
/// w · relu(B relu(A [x_u; y_i] + a) + b) (the multi-layer perceptron) plus a bias of the item. Its loss is the logistic
/// one. Steps are AdaGrad's (Duchi, Hazan and Singer, JMLR 2011).
/// </summary>
internal sealed class NcfNetwork
{
    private const float FirstSquare = 1e-4f;

    /// <summary>Makes a network with small random weights.</summary>
    /// <param name="userCount">Users.</param>
    /// <param name="itemCount">Items.</param>
    /// <param name="factors">Factors of each of the four embeddings, a multiple of <see cref="DotKernels.Lanes"/>.</param>
    /// <param name="hidden">Units of the first hidden layer, a multiple of twice that; the second has half as many.</param>
    /// <param name="seed">The seed.</param>
    public NcfNetwork(int userCount, int itemCount, int factors, int hidden, ulong seed)
    {
        (Factors, Hidden) = (factors, hidden);
        Users = Random(userCount * 2 * factors, 0.1f, SplitMix.Hash(seed, 1));
        Items = Random(itemCount * 2 * factors, 0.1f, SplitMix.Hash(seed, 2));
        ItemBias = new float[itemCount];
        Dense = new float[DenseCount];
        // He et al. (ICCV 2015): the variance 2 / inputs keeps a signal's size through rectified layers.
        Random(hidden * 2 * factors, MathF.Sqrt(1f / factors), SplitMix.Hash(seed, 3)).CopyTo(First(Dense));
        Random(hidden / 2 * hidden, MathF.Sqrt(2f / hidden), SplitMix.Hash(seed, 4)).CopyTo(Second(Dense));
        Random(hidden / 2, MathF.Sqrt(2f / hidden), SplitMix.Hash(seed, 5)).CopyTo(Output(Dense));
        (UserSquares, ItemSquares) = (Filled(Users.Length), Filled(Items.Length));
        (BiasSquares, DenseSquares) = (Filled(itemCount), Filled(Dense.Length));
    }

    /// <summary>Factors of an embedding.</summary>
    public int Factors { get; }

    /// <summary>Units of the first hidden layer.</summary>
    public int Hidden { get; }

    /// <summary>Users' rows [p, x].</summary>
    public float[] Users { get; }

    /// <summary>Items' rows [q, y].</summary>
    public float[] Items { get; }

    /// <summary>Items' biases.</summary>
    public float[] ItemBias { get; }

    /// <summary>The perceptron's weights: A, a, B, b, w.</summary>
    public float[] Dense { get; }

    /// <summary>Values of a user's or item's row.</summary>
    public int RowWidth => 2 * Factors;

    /// <summary>The perceptron's weights in number.</summary>
    public int DenseCount => Hidden * RowWidth + Hidden + Hidden / 2 * Hidden + Hidden / 2 + Hidden / 2;

    private float[] UserSquares { get; }

    private float[] ItemSquares { get; }

    private float[] BiasSquares { get; }

    private float[] DenseSquares { get; }

    /// <summary>A: hidden rows of [x; y].</summary>
    public Span<float> First(Span<float> dense) => dense[..(Hidden * RowWidth)];

    /// <summary>a.</summary>
    public Span<float> FirstBias(Span<float> dense) => dense.Slice(Hidden * RowWidth, Hidden);

    /// <summary>B: half as many rows of the first layer's units.</summary>
    public Span<float> Second(Span<float> dense) => dense.Slice(Hidden * RowWidth + Hidden, Hidden / 2 * Hidden);

    /// <summary>b.</summary>
    public Span<float> SecondBias(Span<float> dense) => dense.Slice(DenseCount - Hidden, Hidden / 2);

    /// <summary>w.</summary>
    public Span<float> Output(Span<float> dense) => dense[(DenseCount - Hidden / 2)..];

    /// <summary>
    /// The loss of one example and its gradient: that of the rows into <paramref name="rows"/> ([p, x, q, y], written), that
    /// of the perceptron into <paramref name="dense"/> (added to). Returns the derivative by the score, which is the item
    /// bias's too.
    /// </summary>
    /// <param name="user">The user.</param>
    /// <param name="item">The item.</param>
    /// <param name="label">1 for a pair that was met, 0 for a sampled one that was not.</param>
    /// <param name="rows">Two rows.</param>
    /// <param name="dense">The perceptron's gradient.</param>
    /// <param name="scratch">Place for <see cref="ScratchCount"/> values.</param>
    /// <param name="loss">The logistic loss.</param>
    public float Gradient(int user, int item, float label, Span<float> rows, Span<float> dense, Span<float> scratch, out double loss)
    {
        var (d, h, width) = (Factors, Hidden, RowWidth);
        var own = Users.AsSpan(user * width, width);
        var other = Items.AsSpan(item * width, width);
        var input = scratch[..width];
        var first = scratch.Slice(width, h);
        var second = scratch.Slice(width + h, h / 2);
        own[d..].CopyTo(input);
        other[d..].CopyTo(input[d..]);
        Layer(input, First(Dense), FirstBias(Dense), first);
        Layer(first, Second(Dense), SecondBias(Dense), second);
        var score = DotKernels.Dot(own[..d], other[..d]) + Plain(Output(Dense), second) + ItemBias[item];
        loss = label > 0 ? Math.Log(1 + Math.Exp(-score)) : Math.Log(1 + Math.Exp(score));
        var slope = 1 / (1 + MathF.Exp(-score)) - label;

        // Backwards: what each layer's units did to the score, where they were not cut off at 0.
        var back2 = scratch.Slice(width + h + h / 2, h / 2);
        var back1 = scratch.Slice(width + 2 * h, h);
        back1.Clear();
        for (var unit = 0; unit < h / 2; unit++)
        {
            Output(dense)[unit] += slope * second[unit];
            back2[unit] = second[unit] > 0 ? slope * Output(Dense)[unit] : 0;
            if (back2[unit] == 0)
                continue;
            SecondBias(dense)[unit] += back2[unit];
            DotKernels.AddScaled(back2[unit], first, Second(dense).Slice(unit * h, h));
            DotKernels.AddScaled(back2[unit], Second(Dense).Slice(unit * h, h), back1);
        }

        var inputs = scratch.Slice(width + 3 * h, width);
        inputs.Clear();
        for (var unit = 0; unit < h; unit++)
        {
            if (!(first[unit] > 0) || back1[unit] == 0)
                continue;
            FirstBias(dense)[unit] += back1[unit];
            DotKernels.AddScaled(back1[unit], input, First(dense).Slice(unit * width, width));
            DotKernels.AddScaled(back1[unit], First(Dense).Slice(unit * width, width), inputs);
        }

        for (var f = 0; f < d; f++)
            (rows[f], rows[width + f]) = (slope * other[f], slope * own[f]);
        inputs[..d].CopyTo(rows[d..]);
        inputs[d..].CopyTo(rows[(width + d)..]);
        return slope;
    }

    /// <summary>Values that <see cref="Gradient"/> works in.</summary>
    public int ScratchCount => 2 * RowWidth + 3 * Hidden;

    /// <summary>Steps down one example's gradient of its rows and bias.</summary>
    public void StepRows(int user, int item, ReadOnlySpan<float> rows, float slope, float step, float decay)
    {
        var width = RowWidth;
        Descend(Users.AsSpan(user * width, width), UserSquares.AsSpan(user * width, width), rows[..width], step, decay);
        Descend(Items.AsSpan(item * width, width), ItemSquares.AsSpan(item * width, width), rows[width..], step, decay);
        BiasSquares[item] += slope * slope;
        ItemBias[item] -= step * slope / MathF.Sqrt(BiasSquares[item]);
    }

    /// <summary>Steps down the perceptron's gradient.</summary>
    public void StepDense(ReadOnlySpan<float> gradient, float step) => Descend(Dense, DenseSquares, gradient, step, 0);

    /// <summary>relu(weights · input + bias); products summed as everywhere, so that the model's scores have the network's bits.</summary>
    internal static void Layer(ReadOnlySpan<float> input, ReadOnlySpan<float> weights, ReadOnlySpan<float> bias, Span<float> units)
    {
        DotKernels.DotRows(input, weights, input.Length, units);
        for (var unit = 0; unit < units.Length; unit++)
            units[unit] = Math.Max(0, units[unit] + bias[unit]);
    }

    /// <summary>A product of few values.</summary>
    internal static float Plain(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = 0f;
        for (var i = 0; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }

    /// <summary>AdaGrad: each value's step is divided by the root of the sum of its squared gradients so far.</summary>
    private static void Descend(Span<float> values, Span<float> squares, ReadOnlySpan<float> gradient, float step, float decay)
    {
        ref var v = ref MemoryMarshal.GetReference(values);
        ref var s = ref MemoryMarshal.GetReference(squares);
        ref var g = ref MemoryMarshal.GetReference(gradient);
        var at = 0;
        for (; at + DotKernels.Lanes <= values.Length; at += DotKernels.Lanes)
        {
            var old = Vector256.LoadUnsafe(ref v, (nuint)at);
            var slope = Vector256.FusedMultiplyAdd(Vector256.Create(decay), old, Vector256.LoadUnsafe(ref g, (nuint)at));
            var square = Vector256.FusedMultiplyAdd(slope, slope, Vector256.LoadUnsafe(ref s, (nuint)at));
            square.StoreUnsafe(ref s, (nuint)at);
            (old - step * slope / Vector256.Sqrt(square)).StoreUnsafe(ref v, (nuint)at);
        }

        for (; at < values.Length; at++)
        {
            var slope = gradient[at] + decay * values[at];
            squares[at] += slope * slope;
            values[at] -= step * slope / MathF.Sqrt(squares[at]);
        }
    }

    private static float[] Random(int count, float deviation, ulong seed)
    {
        var values = new float[count];
        new GaussianSource(seed).Fill(values, deviation);
        return values;
    }

    private static float[] Filled(int count)
    {
        var values = new float[count];
        Array.Fill(values, FirstSquare);
        return values;
    }
}
