using System.Collections.Immutable;

namespace AlgoFactory.Serving.Prediction;

/// <summary>The answer to a prediction request, as the API's description shows it and as .NET clients read it.</summary>
/// <param name="Id">The request's id: the caller's own, or a new one.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The version that answered; 0 when none did, and a fallback's constant is the answer.</param>
/// <param name="Hash">That version's hash.</param>
/// <param name="Predictions">One a row, in the request's order; empty after a dry run.</param>
/// <param name="Warnings">Sentences about the rows; empty when there is nothing to say.</param>
/// <param name="CheckedRows">The rows that a dry run has found to fit; absent otherwise.</param>
/// <param name="Arm">The arm that answered; absent where the deployment has one version.</param>
public sealed record PredictionResponse(
    string Id,
    string Model,
    int Version,
    string Hash,
    ImmutableArray<RowPrediction> Predictions,
    ImmutableArray<string> Warnings,
    int? CheckedRows = null,
    string? Arm = null);

/// <summary>One row's prediction.</summary>
/// <param name="Prediction">The class's text, or the number of a regression.</param>
/// <param name="Probabilities">Class and probability; absent for a regression, and when they were not asked for.</param>
/// <param name="Top">The most probable classes, the most probable first; absent unless <c>topK</c> was asked for.</param>
/// <param name="Explanation">Why; absent unless <c>explain</c> was asked for.</param>
/// <param name="Interval">Regression: the interval of the level that <c>interval</c> asked for; else absent.</param>
/// <param name="Set">Classification: the classes in the set of the level that <c>set</c> asked for; else absent.</param>
public sealed record RowPrediction(
    object Prediction, ImmutableDictionary<string, float>? Probabilities, ImmutableArray<ClassProbability>? Top = null, RowExplanation? Explanation = null,
    PredictedInterval? Interval = null, ImmutableArray<string>? Set = null);

/// <summary>The interval around a predicted number.</summary>
/// <param name="Lower">The lower end.</param>
/// <param name="Upper">The upper end.</param>
public sealed record PredictedInterval(float Lower, float Upper);

/// <summary>A class and its probability.</summary>
public sealed record ClassProbability(string Class, float Probability);

/// <summary>Why a row scores as it does: the base and the contributions sum to the raw score.</summary>
/// <param name="Scale">What the numbers count: <c>logOdds</c>, <c>logit</c>, <c>log</c>, <c>value</c>, …</param>
/// <param name="Class">The class whose score this is: the predicted one of several, or the positive one of two; absent for a regression.</param>
/// <param name="Base">The score before any column is known.</param>
/// <param name="RawScore">The row's score.</param>
/// <param name="Contributions">What each column added.</param>
public sealed record RowExplanation(string Scale, string? Class, double Base, double RawScore, ImmutableDictionary<string, double> Contributions);
