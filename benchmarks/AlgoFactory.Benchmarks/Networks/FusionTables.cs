using System.Globalization;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Images;
using AlgoFactory.Learning;
using AlgoFactory.TestKit;

namespace AlgoFactory.Benchmarks.Networks;

/// <summary>
/// <c>fusion-tables FOLDER [rows]</c>: writes the prepared tables of a number, a text and an image that <c>benchmarks/fusion.sh</c> trains on:
/// <c>sum</c> (each column adds to the log-odds) and <c>product</c> (what the number says depends on the image), each with as many rows to test.
/// </summary>
internal static class FusionTables
{
    public static void Run(string[] args)
    {
        var rows = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 2_000;
        Directory.CreateDirectory(args[0]);
        Write(Path.Combine(args[0], "sum.train.csv"), Multimodal.Sum(TaskKind.Binary, rows, 1));
        Write(Path.Combine(args[0], "sum.test.csv"), Multimodal.Sum(TaskKind.Binary, rows, 2));
        Write(Path.Combine(args[0], "product.train.csv"), Multimodal.Product(TaskKind.Binary, rows, 1));
        Write(Path.Combine(args[0], "product.test.csv"), Multimodal.Product(TaskKind.Binary, rows, 2));
    }

    private static void Write(string path, SyntheticTable table)
    {
        var (number, text, image) = ((NumericColumn)table.Frame["number"], (TextColumn)table.Frame["text"], (ImageColumn)table.Frame["image"]);
        using var to = new StreamWriter(path);
        to.WriteLine("number,text,image,label");
        for (var row = 0; row < table.Labels.Length; row++)
        {
            var pixels = image.Values[row]!;
            var file = PngFile.Encode(ImageDecoder.Side, ImageDecoder.Side, 3, (x, y, c) => pixels[(y * ImageDecoder.Side + x) * 3 + c]);
            to.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{number.Values[row]},{text.Values[row]},{Convert.ToBase64String(file)},{table.Task.Classes[(int)table.Labels[row]]}"));
        }
    }
}
