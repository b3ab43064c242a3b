using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Images;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.TestKit;

/// <summary>A table whose label hangs on a number, on the words of a text and on what an image shows (stripes that stand or lie).</summary>
public static class Multimodal
{
    private static readonly string[] Words = ["good", "kind", "warm", "plain", "bad", "cold", "harsh", "fine", "grey", "late"];

    /// <summary>The columns, each of a kind of its own.</summary>
    public static readonly string[] Columns = ["number", "text", "image"];

    /// <summary>A label to which each column adds about as much: any of them alone says something, all together nearly everything.</summary>
    public static SyntheticTable Sum(TaskKind kind, int rows, int seed) => Of(kind, rows, seed, (number, mood, isUpright) => 2 * number + 0.7 * mood + (isUpright ? 1 : -1));

    /// <summary>A label that is the number where stripes stand and its opposite where they lie: neither says anything alone, and no sum of what each says does.</summary>
    public static SyntheticTable Product(TaskKind kind, int rows, int seed) => Of(kind, rows, seed, (number, _, isUpright) => isUpright ? 2.4 * number : -2.4 * number);

    /// <summary>The same table with only these columns to learn from.</summary>
    public static SyntheticTable Only(SyntheticTable table, params string[] columns) =>
        table with { Schema = new Schema([.. table.Schema.Columns.Where(c => columns.Contains(c.Name))], null) };

    private static SyntheticTable Of(TaskKind kind, int rows, int seed, Func<double, int, bool, double> signal)
    {
        var random = new Random(seed);
        var (number, text, image, labels) = (new double[rows], new string?[rows], new byte[]?[rows], new float[rows]);
        for (var row = 0; row < rows; row++)
        {
            number[row] = random.NextDouble() * 2 - 1;
            var words = Enumerable.Range(0, 6).Select(_ => random.Next(Words.Length)).ToArray();
            text[row] = string.Join(' ', words.Select(w => Words[w]));
            var isUpright = random.Next(2) == 1;
            image[row] = Stripes(isUpright, random);
            var value = signal(number[row], words.Count(w => w < 3) - words.Count(w => w is >= 4 and < 7), isUpright);
            labels[row] = kind switch { TaskKind.Regression => (float)value, TaskKind.Binary => value > 0 ? 1 : 0, _ => value < -0.8 ? 0 : value < 0.8 ? 1 : 2 };
        }

        var frame = new Frame(rows, [new NumericColumn("number", number), new TextColumn("text", text), new ImageColumn("image", image)]);
        ColumnSpec Spec(string name, ColumnKind column) => new(name, column, ColumnRole.Feature, 1, "made up");
        return new SyntheticTable(
            frame, new Schema([Spec("number", ColumnKind.Numeric), Spec("text", ColumnKind.Text), Spec("image", ColumnKind.Image)], null),
            new TaskSpec(kind, "label", kind switch { TaskKind.Regression => [], TaskKind.Binary => ["no", "yes"], _ => ["low", "middle", "high"] }), labels);
    }

    /// <summary>A noisy image, as it is decoded, of stripes that stand or lie.</summary>
    public static byte[] Stripes(bool upright, Random random)
    {
        var pixels = new byte[ImageDecoder.Length];
        random.NextBytes(pixels);
        var phase = random.Next(16);
        for (var y = 0; y < ImageDecoder.Side; y++)
            for (var x = 0; x < ImageDecoder.Side; x++)
                if (((upright ? x : y) + phase) / 8 % 2 == 0)
                    pixels.AsSpan((y * ImageDecoder.Side + x) * 3, 3).Fill(255);
        return pixels;
    }
}
