using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Exporting;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Features;

/// <summary>
/// Categories as codes for trees: 0 for the most frequent level, then on by falling frequency, so that a learner that
/// keeps few codes keeps those that matter. From <paramref name="maxCodes"/> levels on, the rarest share the last code.
/// </summary>
/// <param name="columns">The columns.</param>
/// <param name="maxCodes">The most codes of a column.</param>
internal sealed class CategoryCodes(ImmutableArray<string> columns, int maxCodes = CategoryCodes.MaxCodes) : IFeaturizer
{
    /// <summary>The most codes of a column that trees read: with one for missing they still fit a byte.</summary>
    public const int MaxCodes = 254;

    /// <inheritdoc/>
    public IFittedFeaturizer FitTransform(FeaturizerInput train, FeatureBatchBuilder to, FitContext context)
    {
        var tables = ImmutableArray.CreateBuilder<float[]>(columns.Length);
        var outputs = ImmutableArray.CreateBuilder<FeatureInfo>(columns.Length);
        foreach (var name in columns)
        {
            var frequencies = LevelSlots.Frequencies(FeaturizerGuard.Categories(train.Frame, name));
            var order = LevelSlots.ByFrequency(frequencies);
            var table = new float[frequencies.Length];
            Array.Fill(table, float.NaN);
            for (var rank = 0; rank < order.Length; rank++)
                table[order[rank]] = Math.Min(rank, maxCodes - 1);
            tables.Add(table);
            outputs.Add(new FeatureInfo(name, name, FeatureKind.Categorical, Math.Min(order.Length, maxCodes)));
        }

        var fitted = new FittedCategoryCodes(outputs.ToImmutable(), tables.ToImmutable());
        fitted.Transform(train.Frame, to);
        return fitted;
    }
}

/// <summary>Looks up codes; missing and unknown levels are NaN.</summary>
internal sealed class FittedCategoryCodes(ImmutableArray<FeatureInfo> outputs, ImmutableArray<float[]> tables) : IFittedFeaturizer, IOnnxFeaturizer
{
    public const string FormatName = "category-codes/1";

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public ImmutableArray<FeatureInfo> Outputs => outputs;

    /// <inheritdoc/>
    public int SparseWidth => 0;

    public static FittedCategoryCodes Read(ArtefactSection from)
    {
        var outputs = FeaturizerGuard.Outputs(from.ReadJson<ImmutableArray<FeatureInfo>>("outputs"));
        var tables = ImmutableArray.CreateBuilder<float[]>(outputs.Length);
        for (var c = 0; c < outputs.Length; c++)
        {
            var table = from.ReadArray<float>($"codes-{c}");
            var cardinality = outputs[c].Cardinality;
            FeaturizerGuard.Require(table.Length >= 2, "a table of codes is too short");
            foreach (var code in table)
                FeaturizerGuard.Require(float.IsNaN(code) || (code >= 0 && code < cardinality && code == MathF.Floor(code)), "a code is out of its range");
            tables.Add(table);
        }

        return new FittedCategoryCodes(outputs, tables.MoveToImmutable());
    }

    /// <summary>The levels behind each code of an output; where rare ones share a code, the first of them and their number.</summary>
    public ImmutableArray<string> NamesOfCodes(int output, ImmutableArray<string> levels)
    {
        var table = tables[output];
        if (table.Length != levels.Length + 2)
            return [];
        var named = levels.Select((level, i) => (level, code: table[i])).Where(l => !float.IsNaN(l.code)).ToLookup(l => (int)l.code, l => l.level);
        return [.. Enumerable.Range(0, outputs[output].Cardinality).Select(code =>
            named[code].Count() switch { 0 => $"code {code}", 1 => named[code].First(), var count => $"{named[code].First()} and {count - 1} rarer" })];
    }

    /// <inheritdoc/>
    public void Transform(Frame rows, FeatureBatchBuilder to)
    {
        var width = outputs.Length;
        var block = to.AddDense(width);
        for (var c = 0; c < width; c++)
        {
            var codes = FeaturizerGuard.Categories(rows, outputs[c].Source).Codes;
            var table = tables[c];
            var levels = table.Length - 2;
            for (int row = 0, at = c; row < codes.Length; row++, at += width)
                block[at] = table[LevelSlots.Of(codes[row], levels)];
        }
    }

    /// <inheritdoc/>
    public string AddTo(OnnxInputs inputs) => inputs.Graph.Concat(
        [.. outputs.Select((o, c) => inputs.LookUp(OnnxTensor.Of<float>(tables[c], tables[c].Length, 1), inputs.Slots(o.Source, tables[c].Length)))]);

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("outputs", outputs);
        for (var c = 0; c < tables.Length; c++)
            to.WriteArray<float>($"codes-{c}", tables[c]);
    }
}
