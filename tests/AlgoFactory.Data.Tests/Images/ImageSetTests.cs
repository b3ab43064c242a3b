using System.Collections.Immutable;
using System.IO.Compression;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Images;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Images;

public class ImageSetTests
{
    private static readonly byte[] Image = PngFile.Encode(8, 8, 3, (x, y, c) => (byte)(30 * x + y + c));

    private static ImmutableArray<ColumnSpec> Columns { get; } =
    [
        new("file", ColumnKind.Text, ColumnRole.Ignore, 1, ""), new("image", ColumnKind.Image, ColumnRole.Feature, 1, ""),
        new("label", ColumnKind.Categorical, ColumnRole.Label, 1, "") { Levels = ["cat", "dog"] },
    ];

    [Fact]
    public void A_zip_archive_is_a_table_of_files_images_and_folders()
    {
        using var folder = new TempFolder();
        using var source = DataSource.Open(Zip(folder, ("pets/dog/b.png", Image), ("pets/cat/a.PNG", Image), ("pets/LICENSE.txt", [1]), ("__MACOSX/pets/cat/._a.png", [1])));
        source.Format.ShouldBe("images");
        var described = source.Describe();
        described.Schema.Columns.Select(c => (c.Name, c.Kind, c.Role)).ShouldBe(
        [
            ("file", ColumnKind.Identifier, ColumnRole.Ignore), ("image", ColumnKind.Image, ColumnRole.Feature), ("label", ColumnKind.Categorical, ColumnRole.Feature),
        ]);
        described.Profile.Find("image")!.Count.ShouldBe(2);
        described.Warnings.ShouldContain("1 files are no images by their names and are passed over.");
        var batch = source.Records(Columns, 10).Single();
        batch.Errors.ShouldAllBe(e => e == null);
        ((TextColumn)batch.Rows["file"]).Values.ToArray().ShouldBe(["pets/cat/a.PNG", "pets/dog/b.png"]);
        ((CategoryColumn)batch.Rows["label"]).Codes.ToArray().ShouldBe([0, 1]);
    }

    [Fact]
    public void A_folder_a_zip_of_it_and_a_table_of_its_base64_are_the_same_images()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["pets/cat"]);
        File.WriteAllBytes(folder["pets/cat/a.png"], Image);
        var csv = folder.Write("t.csv", System.Text.Encoding.UTF8.GetBytes($"image,label\n{Convert.ToBase64String(Image)},cat\n"));
        var rows = new[] { folder["pets"], Zip(folder, ("cat/a.png", Image)), csv }.Select(path =>
        {
            using var source = DataSource.Open(path);
            return source.Records(Columns, 10).Single().Rows;
        }).ToArray();
        foreach (var frame in rows)
        {
            ((ImageColumn)frame["image"]).Values[0].ShouldBe(((ImageColumn)rows[0]["image"]).Values[0]);
            ((CategoryColumn)frame["label"]).Codes[0].ShouldBe(0);
        }

        using var table = DataSource.Open(csv);
        table.Describe().Schema.Find("image")!.Kind.ShouldBe(ColumnKind.Image);
    }

    [Fact]
    public void One_image_file_is_a_table_of_one_row_without_a_label()
    {
        using var folder = new TempFolder();
        using var source = DataSource.Open(folder.Write("photo.jpg", Image));
        var batch = source.Records(Columns, 10).Single();
        ((TextColumn)batch.Rows["file"]).Values.ToArray().ShouldBe(["photo.jpg"]);
        batch.Rows["label"].IsMissing(0).ShouldBeTrue();
    }

    [Theory]
    [InlineData("../evil.png")]
    [InlineData("a/../../evil.png")]
    [InlineData("/etc/evil.png")]
    [InlineData("..\\evil.png")]
    public void An_entry_that_points_outside_of_the_archive_is_refused(string name)
    {
        using var folder = new TempFolder();
        var path = Zip(folder, (name, Image));
        Should.Throw<DataFormatException>(() => DataSource.Open(path)).Message.ShouldContain("points outside of the archive");
    }

    [Fact]
    public void Images_that_cannot_be_read_are_records_with_a_reason_and_do_not_grow_without_bound()
    {
        using var folder = new TempFolder();
        var bomb = new byte[ImageLimits.Bytes + (1 << 20)];
        Image.CopyTo(bomb, 0);
        var path = Zip(folder, ("cat/bomb.png", bomb), ("cat/good.png", Image), ("dog/huge.png", PngFile.Claiming(30_000, 30_000)), ("dog/text.png", "hello"u8.ToArray()));
        new FileInfo(path).Length.ShouldBeLessThan(1 << 20);
        using var source = DataSource.Open(path);
        var errors = source.Records(Columns, 10).Single().Errors;
        errors[0]!.ShouldContain("'cat/bomb.png' is no image that can be read: it is larger than the 32 MiB");
        errors[1].ShouldBeNull();
        errors[2]!.ShouldContain("30000 × 30000 pixels");
        errors[3]!.ShouldContain("it does not begin as a JPEG, PNG, WebP or GIF file does");
        Should.Throw<DataFormatException>(() => source.Describe()).Message.ShouldContain("3 of 4 records are broken");
    }

    [Fact]
    public void An_image_whose_pixels_are_cut_off_is_left_out_of_training_and_told_of()
    {
        using var folder = new TempFolder();
        var random = new Random(6);
        var noise = PngFile.Encode(50, 50, 3, (_, _, _) => (byte)random.Next(256));
        var cut = noise[..(noise.Length / 2)];
        var entries = Enumerable.Range(0, 40).Select(i => ($"{(i % 2 == 0 ? "cat" : "dog")}/{i:00}.png", i == 7 ? cut : noise)).ToArray();
        using var images = DataSource.Open(Zip(folder, entries));
        var loaded = images.Load(images.Describe().Schema);
        loaded.Frame.RowCount.ShouldBe(39);
        loaded.Undecoded.ShouldBe("1 of 40 records hold an image that cannot be decoded and are left out; the first: 'dog/07.png' is no image that can be read: its pixels are broken or cut off.");

        // In a table, no other value of its record is kept either.
        var lines = entries.Select((e, i) => $"{Convert.ToBase64String(e.Item2)},{(i == 7 ? "only here" : e.Item1[..3])},{i}.5");
        using var table = DataSource.Open(folder.Write("t.csv", $"picture,kind,number\n{string.Join('\n', lines)}\n"));
        loaded = table.Load(table.Describe().Schema);
        loaded.Undecoded!.ShouldContain("the first is on line 9: Column 'picture': the value is no image that can be read: its pixels");
        ((CategoryColumn)loaded.Frame["kind"]).Levels.ShouldBe(["cat", "dog"]);
        ((NumericColumn)loaded.Frame["number"]).Values.ToArray().ShouldBe(Enumerable.Range(0, 40).Where(i => i != 7).Select(i => i + 0.5));

        // All of them in halves are too many.
        using var halves = DataSource.Open(Zip(folder, [.. entries.Select(e => (e.Item1, cut))]));
        Should.Throw<DataFormatException>(() => halves.Load(halves.Describe().Schema)).Message.ShouldContain("40 of 40 records are broken");
    }

    [Fact]
    public void An_archive_that_was_damaged_or_is_locked_says_so()
    {
        using var folder = new TempFolder();
        var path = Zip(folder, ("cat/a.png", Image), ("cat/b.png", Image));
        var bytes = File.ReadAllBytes(path);

        // In the directory at the archive's end: the sum, and the flag of encryption.
        var entry = bytes.AsSpan().IndexOf("PK\u0001\u0002"u8);
        bytes[entry + 16] ^= 1;
        Errors(folder.Write("sum.zip", bytes))[0]!.ShouldContain("'cat/a.png' is damaged in the archive");
        Errors(folder.Write("sum.zip", bytes))[1].ShouldBeNull();
        bytes[entry + 8] |= 1;
        Errors(folder.Write("locked.zip", bytes))[0]!.ShouldContain("locked with a password; pack the images without one");

        ImmutableArray<string?> Errors(string archive)
        {
            using var source = DataSource.Open(archive);
            return source.Records(Columns, 10).Single().Errors;
        }
    }

    [Fact]
    public void Links_out_of_a_folder_are_not_followed()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["inside/cat"]);
        File.WriteAllBytes(folder["inside/cat/a.png"], Image);
        File.WriteAllBytes(folder["secret.png"], Image);
        File.CreateSymbolicLink(folder["inside/cat/link.png"], folder["secret.png"]);
        Directory.CreateSymbolicLink(folder["inside/up"], folder.Path);
        using var source = DataSource.Open(folder["inside"]);
        source.Records(Columns, 10).Single().Rows.RowCount.ShouldBe(1);
    }

    private static string Zip(TempFolder folder, params (string Name, byte[] Content)[] entries)
    {
        var path = folder[$"{Guid.NewGuid():N}.zip"];
        using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var (name, content) in entries)
        {
            using var entry = archive.CreateEntry(name).Open();
            entry.Write(content);
        }

        return path;
    }
}
