using System.Collections.Immutable;
using AlgoFactory.Data.Frames;

namespace AlgoFactory.Serving.Prediction;

/// <summary>The rows of a request, bound to a model's input columns.</summary>
/// <param name="Frame">The rows.</param>
/// <param name="Warnings">Sentences for the caller: missing features, unknown levels; empty when there is nothing to say.</param>
/// <param name="RequestId">The id that the request gave itself, or null.</param>
public sealed record BoundRows(Frame Frame, ImmutableArray<string> Warnings, string? RequestId);
