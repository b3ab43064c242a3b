namespace AlgoFactory.Serving.Prediction;

/// <summary>What a prediction request may hold.</summary>
public sealed record RowLimits
{
    /// <summary>The default limits.</summary>
    public static readonly RowLimits Default = new();

    /// <summary>Rows of one request.</summary>
    public int Rows { get; init; } = 10_000;

    /// <summary>Values of one row, those that are passed over too.</summary>
    public int ValuesPerRow { get; init; } = 10_000;

    /// <summary>One text in bytes of UTF-8.</summary>
    public int TextBytes { get; init; } = 1 << 20;

    /// <summary>One image's base64 in bytes.</summary>
    public int ImageBytes { get; init; } = 16 << 20;

    /// <summary>How deep a JSON body may nest (what is passed over may be an object).</summary>
    public int JsonDepth { get; init; } = 16;
}
