using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Images;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Features;

/// <summary>A table whose label hangs on a number, on a word and on what an image shows, each about as much.</summary>
public sealed class MultimodalTests
{
    private static readonly string[] Words = ["good", "kind", "warm", "plain", "bad", "cold", "harsh", "fine", "grey", "late"];

    [Theory]
    [InlineData("linear", FeatureNeeds.Scaled)]
    [InlineData("gbdt", FeatureNeeds.Levels)]
    public void All_columns_together_beat_the_best_of_them_alone(string id, FeatureNeeds needs)
    {
        var (train, test) = (Table(500, 1), Table(400, 2));
        double Accuracy(params string[] columns) => Right(id, needs, Only(train, columns), test) / (double)test.Labels.Length;
        var best = new[] { "number", "text", "image" }.Max(column => Accuracy(column));
        best.ShouldBeInRange(0.55, 0.8);
        Accuracy("number", "text", "image").ShouldBeGreaterThan(best + 0.05);
    }

    private static int Right(string id, FeatureNeeds needs, SyntheticTable train, SyntheticTable test)
    {
        var (pipeline, data) = train.TrainingSet(needs);
        var parameters = id == "gbdt" ? ParameterSet.Empty.With("rounds", 25).With("learning_rate", 0.2).With("num_leaves", 8).With("max_bin", 31) : ParameterSet.Empty;
        var model = BuiltIn.Catalog[id].Fit(data, parameters, FitContext.Create(1)).Model;
        var scores = new float[test.Labels.Length * model.OutputWidth];
        model.Predict(pipeline.Transform(test.Frame), scores);
        return scores.Zip(test.Labels).Count(s => s.First > 0.5f == s.Second > 0.5f);
    }

    private static SyntheticTable Only(SyntheticTable table, string[] columns) =>
        table with { Schema = new Schema([.. table.Schema.Columns.Where(c => columns.Contains(c.Name))], null) };

    private static SyntheticTable Table(int rows, int seed)
    {
        var random = new Random(seed);
        var (number, text, image, labels) = (new double[rows], new string?[rows], new byte[]?[rows], new float[rows]);
        for (var row = 0; row < rows; row++)
        {
            number[row] = random.NextDouble() * 2 - 1;
            var words = Enumerable.Range(0, 6).Select(_ => random.Next(Words.Length)).ToArray();
            text[row] = string.Join(' ', words.Select(w => Words[w]));
            var mood = words.Count(w => w < 3) - words.Count(w => w is >= 4 and < 7);
            var isUpright = random.Next(2) == 1;
            image[row] = Stripes(isUpright, random);
            labels[row] = 2 * number[row] + mood * 0.7 + (isUpright ? 1 : -1) > 0 ? 1 : 0;
        }

        var frame = new Frame(rows, [new NumericColumn("number", number), new TextColumn("text", text), new ImageColumn("image", image)]);
        ColumnSpec Spec(string name, ColumnKind kind) => new(name, kind, ColumnRole.Feature, 1, "made up");
        return new SyntheticTable(
            frame, new Schema([Spec("number", ColumnKind.Numeric), Spec("text", ColumnKind.Text), Spec("image", ColumnKind.Image)], null),
            new TaskSpec(TaskKind.Binary, "label", ["no", "yes"]), labels);
    }

    private static byte[] Stripes(bool upright, Random random)
    {
        var pixels = new byte[ImageDecoder.Length];
        random.NextBytes(pixels);
        var phase = random.Next(8);
        for (var y = 0; y < ImageDecoder.Side; y++)
            for (var x = 0; x < ImageDecoder.Side; x++)
                if (((upright ? x : y) + phase) / 4 % 2 == 0)
                    pixels.AsSpan((y * ImageDecoder.Side + x) * 3, 3).Fill(255);
        return pixels;
    }
}
