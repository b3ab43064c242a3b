using System.Collections.Immutable;

namespace AlgoFactory.Serving.Prediction;

/// <summary>How a pool treats requests.</summary>
public sealed record PoolOptions
{
    /// <summary>Names that callers may send in rows beside the schema's.</summary>
    public ImmutableArray<string> PassThrough { get; init; } = [];

    /// <summary>What a request may hold.</summary>
    public RowLimits Limits { get; init; } = RowLimits.Default;

    /// <summary>What the loaded models may take, in bytes (the unpacked size of their files); 0: no limit.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>How long the plan that a deployment had before stays loaded, so that going back to it costs no load; zero: not at all.</summary>
    public TimeSpan KeepReplaced { get; init; }
}
