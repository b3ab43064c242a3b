using System.Text.Json.Serialization;

namespace AlgoFactory.Learning.Features;

/// <summary>How a learner should read a feature's values.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FeatureKind>))]
public enum FeatureKind
{
    /// <summary>A number; order means something. NaN is missing.</summary>
    Numeric,

    /// <summary>A code 0 … Cardinality - 1; order means nothing. NaN is missing or unknown.</summary>
    Categorical,
}

/// <summary>One feature of a <see cref="FeatureBatch"/>.</summary>
/// <param name="Name">Unique, readable, such as <c>age</c>, <c>date.month</c> or <c>city=Paris</c>.</param>
/// <param name="Source">The data column it is made from.</param>
/// <param name="Kind">How to read its values.</param>
/// <param name="Cardinality">Categorical only: the number of codes; else 0.</param>
public sealed record FeatureInfo(string Name, string Source, FeatureKind Kind, int Cardinality = 0);
