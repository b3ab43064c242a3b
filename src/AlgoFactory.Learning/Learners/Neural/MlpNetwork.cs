using System.Collections.Immutable;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>One layer of a fitted network; no activation: the output.</summary>
internal sealed class FoldedLayer
{
    public FoldedLayer(int inputs, int outputs, float[] weights, float[] bias, Activation? activation)
    {
        (Inputs, Outputs, Weights, Bias, Activation) = (inputs, outputs, weights, bias, activation);
        Packed.Pack(MatrixView.Of(weights, inputs, outputs));
    }

    public int Inputs { get; }

    public int Outputs { get; }

    /// <summary>inputs × outputs.</summary>
    public float[] Weights { get; }

    public float[] Bias { get; }

    public Activation? Activation { get; }

    /// <summary>The weights as products read them.</summary>
    public PackedMatrix Packed { get; } = new();
}

/// <summary>
/// A fitted network: immutable and thread-safe. Rows go through it a block at a time, each value by the same operations in the same
/// order at any size of a block, so that a row has the same bits alone and in any batch.
/// </summary>
internal sealed class MlpNetwork(InputEncoder encoder, float[][] tables, ImmutableArray<FoldedLayer> layers)
{
    /// <summary>Rows of a block: whole tiles, whose values stay in the second-level cache.</summary>
    private const int BlockRows = 8 * Gemm.TileRows;

    /// <summary>Room for one block, one for each thread that predicts: a row takes no memory of its own.</summary>
    [ThreadStatic]
    private static Scratch? _scratch;

    public InputEncoder Encoder => encoder;

    /// <summary>The vectors of each table.</summary>
    public float[][] Tables => tables;

    public ImmutableArray<FoldedLayer> Layers => layers;

    /// <summary>Outputs a row.</summary>
    public int OutputWidth => layers[^1].Outputs;

    /// <summary>Whether every weight is a finite number.</summary>
    public bool IsFinite => tables.All(t => Array.TrueForAll(t, float.IsFinite)) &&
        layers.All(l => Array.TrueForAll(l.Weights, float.IsFinite) && Array.TrueForAll(l.Bias, float.IsFinite));

    /// <summary>The outputs of rows.</summary>
    public void Predict(FeatureBatch rows, Span<float> outputs)
    {
        encoder.Check(rows);
        var scratch = _scratch ??= new Scratch();
        var codes = LayerBuffer.Hold(ref scratch.Codes, encoder.Columns.Length).AsSpan(0, encoder.Columns.Length);
        for (var from = 0; from < rows.RowCount; from += BlockRows)
        {
            var count = Math.Min(BlockRows, rows.RowCount - from);
            var input = LayerBuffer.Hold(ref scratch.Input, count * encoder.Width);
            for (var i = 0; i < count; i++)
            {
                encoder.Encode(rows.Row(from + i), codes);
                encoder.Expand(codes, rows.Sparse, from + i, tables, input.AsSpan(i * encoder.Width, encoder.Width));
            }

            Run(scratch, count, outputs.Slice(from * OutputWidth, count * OutputWidth));
        }
    }

    /// <summary>The outputs of rows that are encoded already, on all threads of a fit.</summary>
    public void Predict(EncodedInput rows, float[] outputs, FitContext context) =>
        Parallel.For(0, (rows.Count + BlockRows - 1) / BlockRows, context.ParallelOptions, block =>
        {
            var (from, scratch) = (block * BlockRows, _scratch ??= new Scratch());
            var count = Math.Min(BlockRows, rows.Count - from);
            var input = LayerBuffer.Hold(ref scratch.Input, count * encoder.Width);
            for (var i = 0; i < count; i++)
                encoder.Expand(rows.Codes(from + i), rows.Sparse, from + i, tables, input.AsSpan(i * encoder.Width, encoder.Width));
            Run(scratch, count, outputs.AsSpan(from * OutputWidth, count * OutputWidth));
        });

    private void Run(Scratch scratch, int rows, Span<float> outputs)
    {
        var input = scratch.Input;
        var even = true;
        foreach (var layer in layers)
        {
            var length = rows * layer.Outputs;
            var output = LayerBuffer.Hold(ref even ? ref scratch.Even : ref scratch.Odd, length);
            for (var row = 0; row < rows; row++)
                layer.Bias.CopyTo(output.AsSpan(row * layer.Outputs));
            Gemm.Multiply(MatrixView.Of(input, rows, layer.Inputs), layer.Packed, MatrixView.Of(output, rows, layer.Outputs));
            if (layer.Activation is not { } activation)
            {
                output.AsSpan(0, length).CopyTo(outputs);
                return;
            }

            var whole = output.AsSpan(0, LayerBuffer.Padded(length));
            ActivationLayer.Apply(activation, whole, whole);
            (input, even) = (output, !even);
        }
    }

    private sealed class Scratch
    {
        public float[] Codes = [];
        public float[] Input = [];
        public float[] Even = [];
        public float[] Odd = [];
    }
}
