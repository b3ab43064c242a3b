using System.Collections.Immutable;

namespace AlgoFactory.Serving.Monitoring;

/// <summary>What of a deployment's predictions goes to the log.</summary>
public sealed record LogPolicy
{
    /// <summary>All, but texts.</summary>
    public static readonly LogPolicy Everything = new();

    /// <summary>The share of requests that is logged, in [0, 1]; 0: none.</summary>
    public double Share { get; init; } = 1;

    /// <summary>Columns that are never logged, such as names and birthdays; upper and lower case are one.</summary>
    public ImmutableArray<string> Masked { get; init; } = [];

    /// <summary>Whether columns of free text are logged, which often hold what is personal.</summary>
    public bool Texts { get; init; }

    /// <summary>Whether a column is left out.</summary>
    public bool Masks(string column)
    {
        foreach (var masked in Masked)
            if (masked.Equals(column, StringComparison.OrdinalIgnoreCase))
                return true;
        return false;
    }

    /// <inheritdoc/>
    public bool Equals(LogPolicy? other) =>
        other is not null && Share == other.Share && Texts == other.Texts && Masked.SequenceEqual(other.Masked, StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Share, Texts, Masked.Length);
}
