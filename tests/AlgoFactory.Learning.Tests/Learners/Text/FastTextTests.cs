using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Learners.Text;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Spaces;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Text;

public class FastTextTests
{
    private const float Rate = 1e-3f;

    [Theory]
    [InlineData(TaskKind.Binary, 1)]
    [InlineData(TaskKind.Multiclass, 3)]
    [InlineData(TaskKind.Regression, 1)]
    public void A_step_follows_the_gradient_of_the_loss(TaskKind task, int outputs)
    {
        var rows = new FeatureBatch(1, 2, new float[] { 0.5f, -1.5f }, new SparseBlock(4, [0, 3], [0, 2, 3], [0.5f, 0.25f, 0.25f]));
        var label = task == TaskKind.Regression ? 0.7f : Math.Max(1, outputs - 1);
        var random = new Random(3);
        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
        var start = new FastTextNetwork(new FastTextSizes(outputs, 2, 4, 5), Values(20), Values(outputs * 5), Values(outputs * 2), Values(outputs));

        var after = start.Copy();
        var (scratch, scores) = (new float[7], new float[outputs]);
        after.Scores(rows, 0, scratch, scores);
        FastTextTrainer.Residuals(task, scores, label);
        after.Step(rows, 0, scratch, scores, Rate, new float[5]);

        // A layer's step is the gradient over the squared length of what it reads.
        foreach (var (of, length) in new (Func<FastTextNetwork, float[]>, double)[]
            { (n => n.Embeddings, 0.375), (n => n.Output, 1), (n => n.Dense, 3.5), (n => n.Bias, 3.5) })
            for (var i = 0; i < of(start).Length; i++)
                ((of(start)[i] - of(after)[i]) * length / Rate).ShouldBe(Slope(start, of, i, rows, task, label), 2e-3);
    }

    [Fact]
    public void Long_vectors_on_both_sides_do_not_drive_each_other_out_of_bounds()
    {
        var rows = new FeatureBatch(1, 0, ReadOnlyMemory<float>.Empty, new SparseBlock(1, [0, 1], [0], [1]));
        var network = new FastTextNetwork(new FastTextSizes(1, 0, 1, 1), [30], [40], [], [0]);
        var (scratch, scores) = (new float[1], new float[1]);
        for (var step = 0; step < 100; step++)
        {
            network.Scores(rows, 0, scratch, scores);
            scores[0] -= 1; // half the squared error of the target 1
            network.Step(rows, 0, scratch, scores, 4, new float[1]);
        }

        network.Scores(rows, 0, scratch, scores);
        scores[0].ShouldBe(1, 1e-3);
    }

    [Theory]
    [InlineData(1, 0.95)]
    [InlineData(100, 0.95)]
    public void Short_and_long_texts_are_learned_with_one_learning_rate(int filler, double least)
    {
        var (train, test) = (Texts(600, filler, seed: 1), Texts(300, filler, seed: 2));
        var (pipeline, data) = Set(train);
        var model = new FastTextLearner().Fit(data, ParameterSet.Empty, FitContext.Create(1)).Model;
        var scores = new float[300];
        model.Predict(pipeline.Transform(test.Frame), scores);
        MetricCatalog.Find("accuracy", TaskKind.Binary).Compute(scores, 1, test.Labels, []).ShouldBeGreaterThan(least);
    }

    [Fact]
    public void Early_stopping_keeps_the_best_epoch()
    {
        var table = Texts(400, 5, seed: 1);
        var (pipeline, data) = Set(table);
        var wrong = Texts(200, 5, seed: 2);
        // A validation part of lies gets worse with every epoch: the first is the best one.
        var lies = data with { Features = pipeline.Transform(wrong.Frame), Labels = wrong.Labels.Select(l => 1 - l).ToArray() };
        var outcome = new FastTextLearner().Fit(data with { Validation = lies }, ParameterSet.Empty, FitContext.Create(1));
        outcome.RefitParameters.Values.Single(v => v.Key == "epochs").Value.ShouldBe(1.0);
    }

    [Fact]
    public void A_broken_model_is_refused()
    {
        var model = new FastTextLearner().Fit(Set(Texts(50, 1, seed: 1)).Data, ParameterSet.Empty, FitContext.Create(1)).Model;
        var writer = new ArtefactSectionWriter();
        model.Write(writer);
        foreach (var name in writer.Entries.Keys)
        {
            var entries = writer.Entries.ToDictionary(e => e.Key, e => (ReadOnlyMemory<byte>)e.Value);
            entries[name] = name.EndsWith(".json", StringComparison.Ordinal) ? """{"task":"binary","outputs":-1}"""u8.ToArray() : writer.Entries[name][..^4];
            Should.Throw<ArtefactFormatException>(() => BuiltIn.Readers.ReadModel(model.Format, new ArtefactSection(entries)));
        }
    }

    private static double Slope(FastTextNetwork at, Func<FastTextNetwork, float[]> of, int i, FeatureBatch rows, TaskKind task, float label)
    {
        const float h = 1e-2f;
        double LossAt(float shift)
        {
            var moved = at.Copy();
            of(moved)[i] += shift;
            var scores = new float[at.Sizes.Outputs];
            moved.Scores(rows, 0, new float[7], scores);
            return task switch
            {
                TaskKind.Regression => 0.5 * Math.Pow(scores[0] - label, 2),
                TaskKind.Binary => Math.Log(1 + Math.Exp(-scores[0])),
                _ => Math.Log(scores.Sum(s => Math.Exp(s))) - scores[(int)label],
            };
        }

        return (LossAt(h) - LossAt(-h)) / (2 * h);
    }

    private static (FeaturePipeline Pipeline, TrainingSet Data) Set((Frame Frame, float[] Labels) table)
    {
        var task = new TaskSpec(TaskKind.Binary, "label", ["no", "yes"]);
        var schema = new Schema([new ColumnSpec("text", ColumnKind.Text, ColumnRole.Feature, 1, "")], "label");
        var (pipeline, features) = FeaturePipeline.FitTransform(new FeaturizerInput(table.Frame, task, table.Labels, default), schema, FeatureNeeds.Grams, FitContext.Create(1));
        return (pipeline, new TrainingSet { Task = task, FeatureInfos = pipeline.DenseFeatures, Features = features, Labels = table.Labels });
    }

    /// <summary>Texts of which a word in the midst of others tells the class.</summary>
    private static (Frame Frame, float[] Labels) Texts(int rows, int filler, int seed)
    {
        var random = new Random(seed);
        string[] telling = ["splendid", "delightful", "dreadful", "horrible"];
        var (texts, labels) = (new string?[rows], new float[rows]);
        for (var row = 0; row < rows; row++)
        {
            var word = random.Next(4);
            labels[row] = word < 2 ? 1 : 0;
            var words = Enumerable.Range(0, filler).Select(_ => $"w{random.Next(300)}").ToList();
            words.Insert(random.Next(words.Count + 1), telling[word]);
            texts[row] = string.Join(' ', words);
        }

        return (new Frame(rows, [new TextColumn("text", texts)]), labels);
    }
}
