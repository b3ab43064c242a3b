namespace AlgoFactory.Data.Images;

/// <summary>What an image, and a set of them, may hold.</summary>
public static class ImageLimits
{
    /// <summary>Bytes of one image file.</summary>
    public const int Bytes = 32 << 20;

    /// <summary>Pixels of one image: a small file may unpack to any number.</summary>
    public const long Pixels = 64_000_000;

    /// <summary>Pixels of its longer side.</summary>
    public const int Side = 32_000;

    /// <summary>Files of one archive or folder.</summary>
    public const int Files = 1_000_000;
}
