using System.Collections.Immutable;

namespace AlgoFactory.Learning.Features;

/// <summary>
/// Categories as codes for learners that keep weights of every level: 0 for the most frequent one, then on by falling
/// frequency, without an end. Levels of fewer than <see cref="MinRows"/> training rows share the last code, and a level
/// that training did not see joins them: what a model has learned of rare levels is its best guess of a new one. Missing
/// is no code.
/// </summary>
internal sealed class FieldCodes(ImmutableArray<string> columns) : IFeaturizer
{
    /// <summary>Training rows that give a level a code of its own.</summary>
    public const int MinRows = 2;

    /// <inheritdoc/>
    public IFittedFeaturizer FitTransform(FeaturizerInput train, FeatureBatchBuilder to, FitContext context)
    {
        var tables = ImmutableArray.CreateBuilder<float[]>(columns.Length);
        var outputs = ImmutableArray.CreateBuilder<FeatureInfo>(columns.Length);
        foreach (var name in columns)
        {
            var frequencies = LevelSlots.Frequencies(FeaturizerGuard.Categories(train.Frame, name));
            var own = Array.FindAll(LevelSlots.ByFrequency(frequencies), level => frequencies[level] >= MinRows);
            var table = new float[frequencies.Length];
            Array.Fill(table, own.Length);
            for (var rank = 0; rank < own.Length; rank++)
                table[own[rank]] = rank;
            table[^2] = float.NaN;
            tables.Add(table);
            outputs.Add(new FeatureInfo(name, name, FeatureKind.Categorical, own.Length + 1));
        }

        var fitted = new FittedCategoryCodes(outputs.ToImmutable(), tables.ToImmutable());
        fitted.Transform(train.Frame, to);
        return fitted;
    }
}
