using System.Collections.Immutable;

namespace AlgoFactory.Learning.Importing;

/// <summary>What a user says of an ONNX file, where the file does not say it itself.</summary>
public sealed record OnnxImportOptions
{
    /// <summary>What the model predicts, as a column's name.</summary>
    public string Label { get; init; } = "prediction";

    /// <summary>The classes in the order of the output; of two, the second is the positive one. Empty: those that the file names, if any.</summary>
    public ImmutableArray<string> Labels { get; init; } = [];

    /// <summary><c>binary</c>, <c>multiclass</c> or <c>regression</c>; null: as classes and output say.</summary>
    public string? Task { get; init; }

    /// <summary>The output that is asked for; null: the only one, or the one called probabilities.</summary>
    public string? Output { get; init; }

    /// <summary>The data columns, in the order of the inputs and of their elements; empty: named after the inputs.</summary>
    public ImmutableArray<string> Columns { get; init; } = [];

    /// <summary><c>probability</c> or <c>logit</c>; null: probabilities, if they look like it.</summary>
    public string? Scores { get; init; }

    /// <summary>How images become numbers: a name of <see cref="Learners.Networks.ImageRange.Named"/>; null: inputs of four dimensions are refused.</summary>
    public string? Image { get; init; }
}

/// <summary>A model that was made of a user's ONNX file.</summary>
/// <param name="Predictor">The model.</param>
/// <param name="Scores">What the graph answers.</param>
/// <param name="Output">The output that is asked for.</param>
/// <param name="RowMilliseconds">What one row took, in the middle of those tried.</param>
/// <param name="Notes">What its users should know.</param>
public sealed record ImportedModel(Predictor Predictor, Learners.Networks.OnnxScores Scores, string Output, double RowMilliseconds, ImmutableArray<string> Notes);
