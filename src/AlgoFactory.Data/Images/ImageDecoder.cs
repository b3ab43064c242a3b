namespace AlgoFactory.Data.Images;

/// <summary>
/// Decodes image files to a fixed small size with libvips, within <see cref="ImageLimits"/>: the format is told by the
/// first bytes, the size from the header before a pixel is decoded. Thread-safe.
/// </summary>
public static unsafe class ImageDecoder
{
    /// <summary>The width and height of a decoded image.</summary>
    public const int Side = 64;

    /// <summary>The bytes of a decoded image: red, green, blue, row by row.</summary>
    public const int Length = Side * Side * 3;

    /// <summary>The width and height of an image in detail, which those have that are larger than <see cref="Side"/>.</summary>
    public const int DetailSide = Side * 5 / 2;

    /// <summary>The bytes of an image in detail.</summary>
    public const int DetailLength = DetailSide * DetailSide * 3;

    private const string Broken = "its pixels are broken or cut off";

    internal static string TooLarge { get; } = $"it is larger than the {ImageLimits.Bytes >> 20} MiB that an image may have";

    private const int SizeForce = 3; // VIPS_SIZE_FORCE: to just this width and height
    private const int Srgb = 22; // VIPS_INTERPRETATION_sRGB
    private const int Sequential = 1; // VIPS_ACCESS_SEQUENTIAL
    private const int OnError = 2; // VIPS_FAIL_ON_ERROR: what is cut off or broken is refused, where the library would go on with grey

    private static readonly Lazy<bool> Ready = new(Start);

    /// <summary>Why a file is no image that can be read, from its first bytes and its header; null when nothing speaks against it.</summary>
    public static string? Problem(ReadOnlySpan<byte> file)
    {
        fixed (byte* bytes = file)
        {
            var problem = Open(bytes, file, out var image);
            if (image != 0)
                VipsApi.Release(image);
            return problem;
        }
    }

    /// <summary>Opens a file, of which no pixel is decoded yet; 0 when something speaks against it.</summary>
    private static string? Open(byte* bytes, ReadOnlySpan<byte> file, out nint image)
    {
        image = 0;
        if (file.Length > ImageLimits.Bytes)
            return TooLarge;
        if (!ImageFormats.IsImage(file))
            return $"it does not begin as a {ImageFormats.Known} file does";
        _ = Ready.Value;
        byte none = 0;
        fixed (byte* accessName = "access\0"u8)
        fixed (byte* failName = "fail-on\0"u8)
            image = VipsApi.Open(bytes, (nuint)file.Length, &none, accessName, Sequential, failName, OnError, 0);
        if (image == 0)
        {
            VipsApi.ClearErrors();
            return "its header is broken";
        }

        var (width, height) = ((long)VipsApi.Width(image), (long)VipsApi.Height(image));
        if (width * height <= ImageLimits.Pixels && Math.Max(width, height) <= ImageLimits.Side)
            return null;
        VipsApi.Release(image);
        image = 0;
        return $"its {width} × {height} pixels are more than the {ImageLimits.Pixels / 1_000_000} million allowed, or than {ImageLimits.Side} on a side";
    }

    /// <summary>Decodes a file: upright, scaled to a square, sRGB, on black where it is transparent.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="pixels"><see cref="Length"/> bytes; null when it cannot be decoded.</param>
    /// <param name="details"><see cref="DetailLength"/> bytes, of which the pixels are the means; null for an image that is no larger than <see cref="Side"/>.</param>
    /// <returns>Why it cannot be decoded, or null.</returns>
    public static string? Decode(ReadOnlySpan<byte> file, out byte[]? pixels, out byte[]? details)
    {
        (pixels, details) = (null, null);
        byte[] decoded;
        fixed (byte* bytes = file)
        {
            if (Open(bytes, file, out var image) is { } problem)
                return problem;
            // The library fills what is missing of a PNG or a progressive JPEG file, takes wrong pixels of a PNG file as they are, and only warns.
            if (ImageFormats.IsDamagedPng(file) || ImageFormats.IsCutOffJpeg(file))
            {
                VipsApi.Release(image);
                return Broken;
            }

            var largest = Math.Max(VipsApi.Width(image), VipsApi.Height(image));
            var side = largest > Side ? DetailSide : Side;
            decoded = new byte[side * side * 3];
            // The library shrinks JPEG files as it decodes them, from four times the size on: for that it must open them itself.
            var isScaled = file.StartsWith(ImageFormats.Jpeg) && largest < 2 * side
                ? TryScaleOpened(image, side, decoded)
                : TryScaleFile(image, bytes, file.Length, side, decoded);
            if (!isScaled)
            {
                VipsApi.ClearErrors();
                return Broken;
            }
        }

        if (decoded.Length == Length)
        {
            pixels = decoded;
            return null;
        }

        (pixels, details) = (new byte[Length], decoded);
        Shrink(details, pixels);
        return null;
    }

    /// <summary>
    /// A pixel is the mean of the 5 × 5 halves of pixels that it covers: along each side two whole pixels and a half one, before them or
    /// behind. Lines are summed first, then their pixels.
    /// </summary>
    internal static void Shrink(ReadOnlySpan<byte> from, Span<byte> to)
    {
        const int covered = 5;
        Span<ushort> line = stackalloc ushort[DetailSide * 3];
        for (var y = 0; y < Side; y++)
        {
            var (start, first, last) = Covered(y);
            var top = Line(from, start);
            var middle = Line(from, start + 1);
            var bottom = Line(from, start + 2);
            for (var i = 0; i < line.Length; i++)
                line[i] = (ushort)(first * top[i] + 2 * middle[i] + last * bottom[i]);
            for (var x = 0; x < Side; x++)
            {
                var (left, near, far) = Covered(x);
                for (var channel = 0; channel < 3; channel++)
                {
                    var at = left * 3 + channel;
                    var sum = near * line[at] + 2 * line[at + 3] + far * line[at + 6];
                    to[(y * Side + x) * 3 + channel] = (byte)((sum + covered * covered / 2) / (covered * covered));
                }
            }
        }
    }

    /// <summary>The first of the three detailed pixels along a side that a pixel covers, and the halves of the first and the last.</summary>
    private static (int Start, int First, int Last) Covered(int pixel) => (pixel * 5 / 2, pixel % 2 == 0 ? 2 : 1, pixel % 2 == 0 ? 1 : 2);

    private static ReadOnlySpan<byte> Line(ReadOnlySpan<byte> pixels, int line) => pixels.Slice(line * DetailSide * 3, DetailSide * 3);

    /// <summary>Scales a small image that was opened, and releases it.</summary>
    private static bool TryScaleOpened(nint opened, int side, Span<byte> pixels)
    {
        fixed (byte* heightName = "height\0"u8)
        fixed (byte* sizeName = "size\0"u8)
        {
            var scaled = VipsApi.Thumbnail(opened, out var image, side, heightName, side, sizeName, SizeForce, 0) == 0;
            VipsApi.Release(opened);
            if (!scaled || !TryColour(image, out var colours))
                return false;
            var region = VipsApi.Region(colours);
            nuint length = 0;
            var memory = region == 0 ? null : VipsApi.Fetch(region, 0, 0, side, side, out length);
            if (region != 0)
                VipsApi.Release(region);
            VipsApi.Release(colours);
            return TryTake(memory, length, pixels);
        }
    }

    /// <summary>Scales a file, and releases what was opened of it.</summary>
    private static bool TryScaleFile(nint opened, byte* bytes, int bytesLength, int side, Span<byte> pixels)
    {
        VipsApi.Release(opened);
        fixed (byte* heightName = "height\0"u8)
        fixed (byte* sizeName = "size\0"u8)
        fixed (byte* failName = "fail-on\0"u8)
        {
            if (VipsApi.Thumbnail(bytes, (nuint)bytesLength, out var image, side, heightName, side, sizeName, SizeForce, failName, OnError, 0) != 0
                || !TryColour(image, out var colours))
                return false;
            var memory = VipsApi.ToMemory(colours, out var length);
            VipsApi.Release(colours);
            return TryTake(memory, length, pixels);
        }
    }

    /// <summary>Makes an image three bands of 8 bits, and releases it.</summary>
    private static bool TryColour(nint image, out nint colours)
    {
        // Grey, palette, CMYK and 16 bits all become 8 bits of red, green and blue; a fourth band is transparency.
        var done = VipsApi.ToColours(image, out colours, Srgb, 0) == 0;
        VipsApi.Release(image);
        if (!done || VipsApi.Bands(colours) != 4)
            return done;
        done = VipsApi.Flatten(colours, out var flat, 0) == 0;
        VipsApi.Release(colours);
        colours = flat;
        return done;
    }

    /// <summary>Copies pixels and frees them; false when there are none, or they have a layout that is not known.</summary>
    private static bool TryTake(byte* memory, nuint length, Span<byte> pixels)
    {
        if (memory == null)
            return false;
        if (length == (nuint)pixels.Length)
            new ReadOnlySpan<byte>(memory, pixels.Length).CopyTo(pixels);
        VipsApi.Free(memory);
        return length == (nuint)pixels.Length;
    }

    private static bool Start()
    {
        // What the library finds wrong with a file is in the answer; its own words on standard error would be many, and about no file.
        fixed (byte* name = "VIPS_WARNING\0"u8)
        fixed (byte* value = "1\0"u8)
            _ = VipsApi.SetVariable(name, value, 1);
        if (VipsApi.Init("algofactory") != 0)
            throw new InvalidOperationException("libvips did not start.");
        VipsApi.BlockUntrusted(1);
        // Callers decode many images at once; a cache of operations would only keep their memory.
        VipsApi.SetCacheSize(0);
        VipsApi.SetThreads(1);
        return true;
    }
}
