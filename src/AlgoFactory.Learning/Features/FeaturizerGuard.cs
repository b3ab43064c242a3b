using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Features;

/// <summary>Checks that featurizers share: of what a model file holds, and of the columns they are given.</summary>
internal static class FeaturizerGuard
{
    /// <summary>The most features that one featurizer of a model file may make.</summary>
    public const int MaxFeatures = 10_000_000;

    /// <summary>Refuses a broken featurizer of a model file.</summary>
    public static void Require([DoesNotReturnIf(false)] bool condition, string fault)
    {
        if (!condition)
            throw new ArtefactFormatException($"A featurizer in the model file is broken: {fault}.");
    }

    /// <summary>Refuses absent or unnamed outputs.</summary>
    public static ImmutableArray<FeatureInfo> Outputs(ImmutableArray<FeatureInfo> outputs)
    {
        Require(!outputs.IsDefault && outputs.Length <= MaxFeatures, "its list of features is absent or too long");
        foreach (var output in outputs)
            Require(output is { Name: not null, Source: not null, Cardinality: >= 0 } && Enum.IsDefined(output.Kind), "a feature has no name, source or kind");
        return outputs;
    }

    /// <summary>Refuses absent or empty names.</summary>
    public static ImmutableArray<string> Names(ImmutableArray<string> names)
    {
        Require(!names.IsDefault && names.Length <= MaxFeatures && names.All(n => n is not null), "its list of columns is absent or has a gap");
        return names;
    }

    /// <summary>The numbers of a column.</summary>
    public static ReadOnlySpan<double> Numbers(Frame rows, string column) => rows[column] is NumericColumn numbers
        ? numbers.Values
        : throw new LearningException($"Column '{column}' does not hold numbers, but the model reads numbers from it.");

    /// <summary>The categories of a column.</summary>
    public static CategoryColumn Categories(Frame rows, string column) => rows[column] as CategoryColumn
        ?? throw new LearningException($"Column '{column}' does not hold categories, but the model reads categories from it.");

    /// <summary>The images of a column.</summary>
    public static ImageColumn Images(Frame rows, string column) => rows[column] as ImageColumn
        ?? throw new LearningException($"Column '{column}' does not hold images, but the model reads images from it.");

    /// <summary>The texts of a column.</summary>
    public static ReadOnlySpan<string?> Texts(Frame rows, string column) => rows[column] is TextColumn texts
        ? texts.Values
        : throw new LearningException($"Column '{column}' does not hold text, but the model reads text from it.");
}
