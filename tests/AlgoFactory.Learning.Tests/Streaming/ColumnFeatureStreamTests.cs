using AlgoFactory.Data.Export;
using AlgoFactory.Data.Ingest.Parquet;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Learning.Streaming;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Streaming;

public sealed class ColumnFeatureStreamTests : IDisposable
{
    private const int Rows = 3000;
    private static readonly ParameterSet Parameters = ParameterSet.Empty.With("rounds", 10);
    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_files_rows_give_the_model_of_the_same_rows_in_memory(bool textLabel)
    {
        var (file, data) = Write(textLabel);
        using var columns = ColumnStream.Open(file, ["x", "c", "y", "w"]);
        var streamed = new StreamedTrainingSet { Task = data.Task, Rows = new ColumnFeatureStream(columns, data.Task, hasWeights: true) };
        var actual = new GbdtLearner().FitStream(streamed, Parameters, FitContext.Create(1, 2)).Model;
        var expected = new GbdtLearner().Fit(data, Parameters, FitContext.Create(1)).Model;
        var (a, b) = (new float[data.RowCount], new float[data.RowCount]);
        actual.Predict(data.Features, a);
        expected.Predict(data.Features, b);
        a.ShouldBe(b);
        a.Distinct().Count().ShouldBeGreaterThan(10);
    }

    [Fact]
    public void Labels_and_weights_that_do_not_fit_are_refused_in_a_sentence()
    {
        var (file, _) = Write(textLabel: true);
        Error(file, ["x", "y"], new TaskSpec(TaskKind.Regression, "y", []), false).ShouldContain("holds texts, but a regression needs numbers");
        Error(file, ["x", "y"], new TaskSpec(TaskKind.Binary, "y", ["no", "maybe"]), false).ShouldContain("a value 'yes', which is none of the task's 2 classes");
        Error(file, ["x", "y", "c"], new TaskSpec(TaskKind.Binary, "y", ["no", "yes"]), true).ShouldContain("The weight column 'c' holds no numbers");
        Error(file, ["c", "y", "x"], new TaskSpec(TaskKind.Binary, "y", ["no", "yes"]), true).ShouldContain("The weight column 'x' has a weight that is missing, negative");
    }

    [Fact]
    public void A_table_of_unlabelled_rows_is_no_table()
    {
        var path = _folder["none.parquet"];
        using (var writer = TableWriter.Create(path, [new("x", OutputKind.Single), new("y", OutputKind.Double)]))
        {
            for (var i = 0; i < 100; i++)
            {
                writer.SetSingle(0, i);
                writer.EndRow();
            }

            writer.Complete();
        }

        Error(path, ["x", "y"], new TaskSpec(TaskKind.Binary, "y", ["0", "1"]), false).ShouldContain("no rows");
    }

    public void Dispose() => _folder.Dispose();

    private static string Error(string file, string[] names, TaskSpec task, bool hasWeights)
    {
        using var columns = ColumnStream.Open(file, [.. names]);
        return Should.Throw<LearningException>(() => new GbdtLearner().FitStream(
            new StreamedTrainingSet { Task = task, Rows = new ColumnFeatureStream(columns, task, hasWeights) },
            Parameters, FitContext.Create(1))).Message;
    }

    /// <summary>Writes rows, every seventh without a label, and returns the others as they are in memory.</summary>
    private (string File, TrainingSet Data) Write(bool textLabel)
    {
        var path = _folder[$"{textLabel}.parquet"];
        var random = new Random(4);
        string[] names = ["red", "green", "blue", "white"];
        var codes = new List<string>();
        var (dense, labels, weights) = (new List<float>(), new List<float>(), new List<float>());
        using var writer = TableWriter.Create(path,
            [new("x", OutputKind.Single), new("c", OutputKind.Text), new("y", textLabel ? OutputKind.Text : OutputKind.Double), new("w", OutputKind.Double)]);
        for (var i = 0; i < Rows; i++)
        {
            var x = i % 10 == 3 ? float.NaN : random.NextSingle() * 4 - 2;
            var c = i % 11 == 5 ? null : names[random.Next(4)];
            var y = (x > 0 ? 1 : 0) + (c is "red" or "white" ? 1 : 0) + random.NextDouble() > 1.5;
            var w = i % 4 * 0.5f;
            writer.SetSingle(0, x);
            writer.SetText(1, c);
            writer.SetDouble(3, w);
            if (c is not null && !codes.Contains(c))
                codes.Add(c);
            if (i % 7 != 0)
            {
                if (textLabel)
                    writer.SetText(2, y ? "yes" : "no");
                else
                    writer.SetDouble(2, y ? 1 : 0);
                dense.AddRange([x, c is null ? float.NaN : codes.IndexOf(c)]);
                labels.Add(y ? 1 : 0);
                weights.Add(w);
            }

            writer.EndRow();
        }

        writer.Complete();
        return (path, new TrainingSet
        {
            Task = new TaskSpec(TaskKind.Binary, "y", textLabel ? ["no", "yes"] : ["0", "1"]),
            FeatureInfos = [new("x", "x", FeatureKind.Numeric), new("c", "c", FeatureKind.Categorical, codes.Count)],
            Features = new FeatureBatch(labels.Count, 2, dense.ToArray()),
            Labels = labels.ToArray(),
            Weights = weights.ToArray(),
        });
    }
}
