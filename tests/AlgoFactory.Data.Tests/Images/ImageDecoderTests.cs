using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Images;
using AlgoFactory.Data.Schemas;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Images;

public class ImageDecoderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Grey_colours_and_transparency_become_red_green_and_blue(int channels)
    {
        // The last of an even number of channels is opacity.
        var pixels = Decode(PngFile.Encode(100, 80, channels, (_, _, channel) => channels % 2 == 0 && channel == channels - 1 ? (byte)255 : (byte)(60 + 50 * channel)));
        var expected = channels <= 2 ? new[] { 60, 60, 60 } : [60, 110, 160];
        for (var channel = 0; channel < 3; channel++)
            ((int)pixels[(20 * ImageDecoder.Side + 33) * 3 + channel]).ShouldBeInRange(expected[channel] - 2, expected[channel] + 2);
    }

    [Fact]
    public void What_is_transparent_is_black() =>
        Decode(PngFile.Encode(64, 64, 4, (_, _, channel) => channel == 3 ? (byte)0 : (byte)200)).ShouldAllBe(b => b < 3);

    [Theory]
    [InlineData(0, 0)] // as it lies: bright at the left
    [InlineData(3, 2)] // turned half round: at the right
    [InlineData(6, 1)] // to be turned a quarter to the right: at the top
    [InlineData(8, 3)] // to be turned a quarter to the left: at the bottom
    public void Images_are_turned_upright_as_EXIF_says(byte orientation, int brightSide)
    {
        var pixels = Decode(PngFile.Encode(64, 64, 1, (x, _, _) => x < 32 ? (byte)220 : (byte)20, orientation));
        double Mean(Func<int, int, bool> half) =>
            Enumerable.Range(0, 64 * 64).Where(i => half(i % 64, i / 64)).Average(i => pixels[i * 3]);
        double[] sides = [Mean((x, _) => x < 32), Mean((_, y) => y < 32), Mean((x, _) => x >= 32), Mean((_, y) => y >= 32)];
        Array.IndexOf(sides, sides.Max()).ShouldBe(brightSide);
        sides.Max().ShouldBeGreaterThan(200);
    }

    [Fact]
    public void Another_file_is_refused_by_its_first_bytes_whatever_its_name()
    {
        foreach (var other in new[] { "", "GIF", "<svg xmlns='http://www.w3.org/2000/svg'/>", "BM but no bitmap is read", "II*\0 a TIFF", "%PDF-1.7" })
            ImageDecoder.Decode(System.Text.Encoding.Latin1.GetBytes(other), out _, out _)!.ShouldContain("does not begin as");
    }

    [Fact]
    public void A_header_that_claims_too_many_pixels_is_refused_before_a_pixel_is_decoded()
    {
        ImageDecoder.Problem(PngFile.Claiming(30_000, 30_000))!.ShouldContain("30000 × 30000 pixels are more than");
        ImageDecoder.Problem(PngFile.Claiming(40_000, 1))!.ShouldContain("40000 × 1 pixels");
        ImageDecoder.Problem(PngFile.Encode(3, 2, 3, (_, _, _) => 1)).ShouldBeNull();
    }

    [Fact]
    public void Whatever_bytes_come_the_answer_is_pixels_or_a_reason()
    {
        var good = PngFile.Encode(40, 30, 3, (x, y, c) => (byte)(x * y + c));
        var random = new Random(4);
        for (var round = 0; round < 200; round++)
        {
            var bad = good[..random.Next(good.Length)];
            for (var i = 0; i < 3 && bad.Length > 8; i++)
                bad[random.Next(8, bad.Length)] = (byte)random.Next(256);
            Should.NotThrow(() => ImageDecoder.Decode(bad, out _, out _));
        }
    }

    [Fact]
    public void A_file_that_is_cut_off_is_refused_whatever_its_size()
    {
        foreach (var (width, height) in new[] { (40, 30), (300, 200) })
        {
            var random = new Random(5);
            var file = PngFile.Encode(width, height, 3, (_, _, _) => (byte)random.Next(256));
            ImageDecoder.Decode(file, out _, out _).ShouldBeNull();
            foreach (var length in new[] { file.Length - 1, file.Length - 12, file.Length - 13, file.Length / 2, 60 })
                ImageDecoder.Decode(file[..length], out _, out _).ShouldBe("its pixels are broken or cut off");
            file.AsSpan(file.Length / 2, 40).Fill(7);
            ImageDecoder.Decode(file, out _, out _).ShouldBe("its pixels are broken or cut off");
        }
    }

    [Fact]
    public void A_JPEG_file_ends_with_its_own_end_marker_and_not_with_that_of_a_picture_inside()
    {
        // An EXIF block with a picture, two scans with stuffing and a restart, fill bytes, the end, and what a camera adds.
        byte[] file =
        [
            0xFF, 0xD8, 0xFF, 0xE1, 0, 6, 0xFF, 0xD8, 0xFF, 0xD9, 0xFF, 0xDA, 0, 3, 1, 7, 0xFF, 0, 8, 0xFF, 0xD3, 9,
            0xFF, 0xFF, 0xDA, 0, 3, 2, 7, 7, 0xFF, 0xD9,
        ];
        ImageFormats.IsCutOffJpeg(file).ShouldBeFalse();
        ImageFormats.IsCutOffJpeg([.. file, 1, 2, 3]).ShouldBeFalse();
        for (var length = 3; length < file.Length; length++)
            ImageFormats.IsCutOffJpeg(file.AsSpan(0, length)).ShouldBeTrue($"{length} bytes");
        ImageFormats.IsCutOffJpeg("GIF89a"u8).ShouldBeFalse();
    }

    [Fact]
    public void Base64_with_and_without_the_head_of_a_data_URL_binds_to_the_same_pixels()
    {
        var file = PngFile.Encode(20, 10, 3, (x, y, c) => (byte)(10 * x + y + c));
        var base64 = Convert.ToBase64String(file);
        var builder = new FrameBuilder([new ColumnSpec("picture", ColumnKind.Image, ColumnRole.Feature, 1, "")]);
        builder.SetText(0, base64).ShouldBe(BindResult.Bound);
        builder.EndRow();
        builder.SetText(0, $"data:image/png;base64,{base64}").ShouldBe(BindResult.Bound);
        builder.EndRow();
        builder.SetText(0, "").ShouldBe(BindResult.Missing);
        builder.EndRow();
        foreach (var wrong in new[] { "not base64!", "aGVsbG8=", base64[..40], "https://example.org/a.png", "/etc/passwd" })
            builder.SetText(0, wrong).ShouldBe(BindResult.Invalid);
        builder.Problem(0).ShouldBe("it is no base64");
        builder.SetText(0, "aGVsbG8=");
        builder.Problem(0).ShouldBe("it does not begin as a JPEG, PNG, WebP or GIF file does");
        builder.SetNumber(0, 3).ShouldBe(BindResult.Invalid);
        builder.EndRow();
        var column = (ImageColumn)builder.Build()["picture"];
        column.Values[0].ShouldBe(Decode(file));
        column.Values[1].ShouldBe(column.Values[0]);
        column.Values[2].ShouldBeNull();
        column.Values[3].ShouldBeNull();
        column.Take([1, 3]).IsMissing(1).ShouldBeTrue();
    }

    /// <summary>Beside the sum over all halves of pixels, one by one.</summary>
    [Fact]
    public void Shrinking_takes_the_means_of_what_pixels_cover()
    {
        var details = new byte[ImageDecoder.DetailLength];
        new Random(3).NextBytes(details);
        details.AsSpan(0, 4000).Fill(255);
        var pixels = new byte[ImageDecoder.Length];
        ImageDecoder.Shrink(details, pixels);
        for (var i = 0; i < pixels.Length; i++)
        {
            var (y, x, channel, sum) = (i / 3 / ImageDecoder.Side, i / 3 % ImageDecoder.Side, i % 3, 12);
            for (var v = 5 * y; v < 5 * y + 5; v++)
                for (var u = 5 * x; u < 5 * x + 5; u++)
                    sum += details[(v / 2 * ImageDecoder.DetailSide + u / 2) * 3 + channel];
            pixels[i].ShouldBe((byte)(sum / 25));
        }
    }

    [Fact]
    public void Large_images_also_have_details_of_which_their_pixels_are_the_means()
    {
        var file = PngFile.Encode(300, 200, 3, (x, y, c) => (byte)(c == 0 ? x / 2 : c == 1 ? y : (x / 20 + y / 20) % 2 * 200));
        ImageDecoder.Decode(file, out var pixels, out var details).ShouldBeNull();
        details!.Length.ShouldBe(ImageDecoder.DetailLength);
        for (var channel = 0; channel < 3; channel++)
            Enumerable.Range(0, ImageDecoder.Length / 3).Average(i => pixels![3 * i + channel])
                .ShouldBe(Enumerable.Range(0, ImageDecoder.DetailLength / 3).Average(i => details[3 * i + channel]), 1);

        ImageDecoder.Decode(PngFile.Encode(64, 10, 3, (x, _, _) => (byte)x), out pixels, out details).ShouldBeNull();
        pixels!.Length.ShouldBe(ImageDecoder.Length);
        details.ShouldBeNull();
    }

    /// <summary>Small JPEG files take a way of their own through libvips; the same pixels as a PNG file take the other.</summary>
    [Theory]
    [InlineData(Large, 190, 140, 1)]
    [InlineData(Large, 190, 140, 6)]
    [InlineData(Small, 60, 44, 1)]
    [InlineData(Small, 60, 44, 3)]
    public unsafe void A_small_JPEG_file_becomes_what_its_pixels_become_in_another_format(string base64, int width, int height, byte orientation)
    {
        var plain = Convert.FromBase64String(base64);
        // An EXIF block of one entry, behind the file's first two bytes.
        byte[] exif = [0xFF, 0xE1, 0, 34, .. "Exif\0\0II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0];
        byte[] jpeg = [.. plain[..2], .. exif, .. plain[2..]];
        ImageDecoder.Decode(jpeg, out var pixels, out var details).ShouldBeNull();
        byte[] whole;
        fixed (byte* bytes = plain)
        fixed (byte* options = "\0access\0"u8)
        {
            var image = VipsApi.Open(bytes, (nuint)plain.Length, options, options + 1, 0, null, 0, 0);
            var memory = VipsApi.ToMemory(image, out var length);
            whole = new ReadOnlySpan<byte>(memory, (int)length).ToArray();
            VipsApi.Free(memory);
            VipsApi.Release(image);
        }

        whole.Length.ShouldBe(width * height * 3);
        ImageDecoder.Decode(PngFile.Encode(width, height, 3, (x, y, c) => whole[(y * width + x) * 3 + c], orientation), out var expected, out var expectedDetails).ShouldBeNull();
        pixels.ShouldBe(expected);
        details.ShouldBe(expectedDetails);
        (details is null).ShouldBe(width <= ImageDecoder.Side);
        pixels!.Distinct().Count().ShouldBeGreaterThan(100);

        // Cut off, it is refused and not filled with grey.
        for (var end = 0; end < jpeg.Length - 8; end += 7)
            ImageDecoder.Decode(jpeg[..end], out _, out _).ShouldNotBeNull();
    }

    private static byte[] Decode(byte[] file)
    {
        ImageDecoder.Decode(file, out var pixels, out _).ShouldBeNull();
        return pixels!;
    }

    private const string Large =
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDACgcHiMeGSgjISMtKygwPGRBPDc3PHtYXUlkkYCZlo+AjIqgtObDoKrarYqMyP/L2u71////m8H////6/+b9//j/2wBDASstLTw1PHZBQXb4" +
        "pYyl+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj/wAARCACMAL4DASIAAhEBAxEB/8QAGAABAQEBAQAAAAAAAAAAAAAAAQACBAX/xAAWEAEB" +
        "AQAAAAAAAAAAAAAAAAAAEQH/xAAZAQEBAQEBAQAAAAAAAAAAAAACAwEABQT/xAAYEQEBAQEBAAAAAAAAAAAAAAAAARECEv/aAAwDAQACEQMRAD8A8rMOYsxrMfdKGiGGE5S0RQl1pSiC" +
        "NRRPqlKzFGooh0crMUaiiNOUQwwxhaIcww5hQtGY1mLMOYrzW6swwwqyt0QwpulKIo0oFpSuGGKFuvH1FFvogUXeigMKg2lBFDDE6crMMMMGwpWYY1FGYUohhhjsLRDDFClLUUS9NSKd" +
        "6KJFDeijihMUK15EoKQXooiiz0UShMbpCGGGFG6IYYYWFrMMaijsKVmGNRQLClZhhigWlKCUF6OAos9FEUXeicUUaii3VePKyTFEbSlBMUZpaocw5hzDlLVmHMWY1mLRuiGGGKRuiGGG" +
        "OpSsxRqKJ9FKzFGoIj1TlERiiNpygmGBpSiGGGFKWuOCNRR9PTxpWYYYYlTlZhhhjC0ZjWYo1mHG6MxrMWYcxWUtUMUKkrdUUJdpQQRqKB1SlZijUUQ6OVmKNRRGnKIo1FBKURqKGFC1" +
        "xxRqGPqrxpWYo1DAwpWYYYY7ClZhjUUcWqGKGFrdSKb6JFF3ooFCYN6KCKGGBTlZhhhgWFKzDGoozClEUahjsLXFDDDH0x42iKNQwsLWYo1DGYUrMUaig0pRFGoonaUoRQXo4iiz0UBi" +
        "ajfRCGGGFG6Io1DCwtZhjUUdhSswxqKDYUrizDmLMazFo8fRDDDFI3RFGoo6lKzFGool0UrMUaiiHVOVmJqKJWnKCoYOlqhzFmNZhylozGsxZjWYry3RDDmGKxuiGGGNKVmKNRROlK4c" +
        "w5ixrDleOoYipKQhiLrSgihSXVKCCNJHo5WYYUjTlEMJYUohzCcKFqzDmLGsVjVDEVZWqKFN0oIYUnaUf//Z";

    private const string Small =
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDACgcHiMeGSgjISMtKygwPGRBPDc3PHtYXUlkkYCZlo+AjIqgtObDoKrarYqMyP/L2u71////m8H////6/+b9//j/2wBDASstLTw1PHZBQXb4" +
        "pYyl+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj/wAARCAAsADwDASIAAhEBAxEB/8QAGQABAQEBAQEAAAAAAAAAAAAAAgMAAQQF/8QAGBAB" +
        "AQEBAQAAAAAAAAAAAAAAAAECEhH/xAAYAQEBAQEBAAAAAAAAAAAAAAADAgQFAf/EABwRAAMAAgMBAAAAAAAAAAAAAAABAgMRISIxE//aAAwDAQACEQMRAD8A+ZnJzJTLsjV9dcESw8ty" +
        "rMlMCrsPNEplTOTmCmUrqMqDMlyUjvj15tjJnm5dmVZgpgNJtnGmgZypMlMlISa16KqDy3KkhTKclb8HmiUyUypMFwz6Y6ohnJzBZhyNSfBxFRPluVPG8jNlY80GZUzlpIrmJxsdUGYd" +
        "5Ukd8NTEmj//2Q==";
}
