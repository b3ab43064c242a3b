namespace AlgoFactory.Learning.Artefacts;

/// <summary>What a reader allows. Every limit is checked before memory is taken for what it limits.</summary>
public sealed record ArtefactLimits
{
    /// <summary>The default limits.</summary>
    public static readonly ArtefactLimits Default = new();

    /// <summary>The file's size in bytes.</summary>
    public long FileBytes { get; init; } = 2L << 30;

    /// <summary>All entries' unpacked size in bytes.</summary>
    public long UnpackedBytes { get; init; } = 4L << 30;

    /// <summary>Entries.</summary>
    public int Entries { get; init; } = 50_000;

    /// <summary>One JSON document's unpacked size in bytes, the manifest's too.</summary>
    public int JsonBytes { get; init; } = 64 << 20;

    /// <summary>How deep JSON may nest.</summary>
    public int JsonDepth { get; init; } = 32;

    /// <summary>Members of an ensemble.</summary>
    public int Members { get; init; } = 1_000;

    /// <summary>
    /// How many times larger than the file its content may be, above <see cref="BombFloorBytes"/>. Real models stay
    /// below ten; a zip bomb comes close to a thousand.
    /// </summary>
    public int UnpackRatio { get; init; } = 100;

    /// <summary>Unpacked bytes that are allowed whatever the ratio (a model of mostly zeros packs very well).</summary>
    public long BombFloorBytes { get; init; } = 256L << 20;
}
