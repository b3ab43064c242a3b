using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Exporting;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Features;

/// <summary>
/// One 0/1 feature a level, for columns of at most <see cref="MaxLevels"/> levels. Levels of fewer than
/// <see cref="MinRows"/> rows share one feature when there are several, and unknown levels join them; missing has its
/// own when training rows lacked values. What has no feature is a row of zeros.
/// </summary>
internal sealed class OneHot(ImmutableArray<string> columns) : IFeaturizer
{
    /// <summary>The most levels a column may have; above it is target-encoded.</summary>
    public const int MaxLevels = 60;

    private const int MinRows = 5;

    /// <inheritdoc/>
    public IFittedFeaturizer FitTransform(FeaturizerInput train, FeatureBatchBuilder to, FitContext context)
    {
        var outputs = ImmutableArray.CreateBuilder<FeatureInfo>();
        var tables = ImmutableArray.CreateBuilder<int[]>(columns.Length);
        foreach (var name in columns)
        {
            var column = FeaturizerGuard.Categories(train.Frame, name);
            var frequencies = LevelSlots.Frequencies(column);
            var table = new int[frequencies.Length];
            Array.Fill(table, -1);
            var order = LevelSlots.ByFrequency(frequencies);
            var rare = order.Where(l => frequencies[l] < MinRows).ToArray();
            var pooled = rare.Length > 1;
            foreach (var level in order.AsSpan(0, order.Length - (pooled ? rare.Length : 0)))
                table[level] = Add($"{name}={column.Levels[level]}");
            if (pooled)
            {
                var pool = Add($"{name} is rare");
                foreach (var level in rare)
                    table[level] = pool;
                for (var slot = 0; slot < table.Length; slot++)
                    if (frequencies[slot] == 0 && slot != table.Length - 2)
                        table[slot] = pool;
            }

            if (frequencies[^2] > 0)
                table[^2] = Add($"{name} is missing");
            tables.Add(table);

            int Add(string feature)
            {
                outputs.Add(new FeatureInfo(feature, name, FeatureKind.Numeric));
                return outputs.Count - 1;
            }
        }

        var fitted = new FittedOneHot(columns, outputs.ToImmutable(), tables.ToImmutable());
        fitted.Transform(train.Frame, to);
        return fitted;
    }
}

/// <summary>Sets one feature to 1 in each row and column.</summary>
internal sealed class FittedOneHot(ImmutableArray<string> columns, ImmutableArray<FeatureInfo> outputs, ImmutableArray<int[]> tables) : IFittedFeaturizer, IOnnxFeaturizer
{
    public const string FormatName = "one-hot/1";

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public ImmutableArray<FeatureInfo> Outputs => outputs;

    /// <inheritdoc/>
    public int SparseWidth => 0;

    public static FittedOneHot Read(ArtefactSection from)
    {
        var columns = FeaturizerGuard.Names(from.ReadJson<ImmutableArray<string>>("columns"));
        var outputs = FeaturizerGuard.Outputs(from.ReadJson<ImmutableArray<FeatureInfo>>("outputs"));
        var tables = ImmutableArray.CreateBuilder<int[]>(columns.Length);
        for (var c = 0; c < columns.Length; c++)
        {
            var table = from.ReadArray<int>($"slots-{c}");
            FeaturizerGuard.Require(table.Length >= 2, "a table of levels is too short");
            foreach (var slot in table)
                FeaturizerGuard.Require(slot >= -1 && slot < outputs.Length, "a level points to no feature");
            tables.Add(table);
        }

        return new FittedOneHot(columns, outputs, tables.MoveToImmutable());
    }

    /// <inheritdoc/>
    public void Transform(Frame rows, FeatureBatchBuilder to)
    {
        var width = outputs.Length;
        var block = to.AddDense(width);
        for (var c = 0; c < columns.Length; c++)
        {
            var codes = FeaturizerGuard.Categories(rows, columns[c]).Codes;
            var table = tables[c];
            for (int row = 0, start = 0; row < codes.Length; row++, start += width)
            {
                var slot = table[LevelSlots.Of(codes[row], table.Length - 2)];
                if (slot >= 0)
                    block[start + slot] = 1;
            }
        }
    }

    /// <inheritdoc/>
    public string AddTo(OnnxInputs inputs)
    {
        var blocks = columns.Select((column, c) => inputs.LookUp(Rows(tables[c]), inputs.Slots(column, tables[c].Length))).ToArray();
        return blocks.Length == 1 ? blocks[0] : inputs.Graph.Add("Sum", blocks);

        OnnxTensor Rows(int[] table)
        {
            var rows = new float[table.Length * outputs.Length];
            for (var slot = 0; slot < table.Length; slot++)
                if (table[slot] >= 0)
                    rows[slot * outputs.Length + table[slot]] = 1;
            return OnnxTensor.Of<float>(rows, table.Length, outputs.Length);
        }
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("columns", columns);
        to.WriteJson("outputs", outputs);
        for (var c = 0; c < tables.Length; c++)
            to.WriteArray<int>($"slots-{c}", tables[c]);
    }
}
