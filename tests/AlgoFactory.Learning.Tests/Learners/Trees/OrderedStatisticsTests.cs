using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Trees;

public class OrderedStatisticsTests
{
    /// <summary>A category of many levels, a number, and a label that depends on the level, and on level and number together.</summary>
    private static TrainingSet Table(int rows, int levels, TaskKind kind, int seed = 1)
    {
        var random = new Random(seed);
        var (dense, labels) = (new float[rows * 2], new float[rows]);
        for (var i = 0; i < rows; i++)
        {
            var (level, number) = (random.Next(levels), random.Next(6));
            (dense[2 * i], dense[2 * i + 1]) = (random.Next(50) == 0 ? float.NaN : level, number);
            var score = level * 37 % 100 / 50.0 - 1 + (level * 7 + number * 3) % 5 / 2.5 + 0.5 * random.NextDouble();
            labels[i] = kind == TaskKind.Regression ? (float)score : kind == TaskKind.Binary ? score > 0.9 ? 1 : 0 : Math.Clamp((int)(score + 1), 0, 2);
        }

        return new TrainingSet
        {
            Task = new TaskSpec(kind, "y", kind == TaskKind.Regression ? [] : kind == TaskKind.Binary ? ["a", "b"] : ["a", "b", "c"]),
            FeatureInfos = [new("c", "c", FeatureKind.Categorical, levels), new("x", "x", FeatureKind.Numeric)],
            Features = new FeatureBatch(rows, 2, dense),
            Labels = labels,
        };
    }

    private static float[] Predict(IModel model, FeatureBatch rows)
    {
        var scores = new float[rows.RowCount * model.OutputWidth];
        model.Predict(rows, scores);
        return scores;
    }

    private static ParameterSet Short => ParameterSet.Empty.With("rounds", 20);

    [Fact]
    public void No_rows_own_label_is_in_its_statistic()
    {
        // Fewer values than borders: each has a bin of its own, and rounding leaves all of them as they are.
        const int rows = 240;
        var options = new StatisticOptions { Borders = 254, MaxComplexity = 1, PriorWeight = 1 };
        var data = Table(rows, 33, TaskKind.Regression);
        // Labels of eighths: sums are exact, so that a label more here and less there leaves the very same prior.
        data = data with { Labels = data.Labels.ToArray().Select(l => MathF.Round(8 * l) / 8).ToArray() };
        var plain = Encode(data.Labels.ToArray());
        var (others, later) = (0, 0);
        for (var row = 0; row < rows; row++)
        {
            var category = data.Features.Row(row)[0];
            var other = Enumerable.Range(0, rows).First(i => data.Features.Row(i)[0] is var c && !float.IsNaN(c) && !c.Equals(category));
            var labels = data.Labels.ToArray();
            labels[row] += 2;
            labels[other] -= 2;
            var changed = Encode(labels);
            changed.Row(row).ToArray().ShouldBe(plain.Row(row).ToArray());
            for (var i = 0; i < rows; i++)
                if (i != row && data.Features.Row(i)[0] == category)
                    _ = changed.Row(i)[2] == plain.Row(i)[2] ? others++ : later++;
        }

        // The label does reach the rows of its category that come later: half of all pairs.
        later.ShouldBe(others);

        FeatureBatch Encode(float[] labels)
        {
            var features = OrderedStatistics.Encode(data with { Labels = labels }, options, 1, new Workers(1, default)).Data.Features;
            features.DenseWidth.ShouldBe(4);
            return features;
        }
    }

    [Fact]
    public void Tables_have_no_more_keys_than_they_may_and_those_that_say_most_are_kept()
    {
        var random = new Random(5);
        const int rows = 4000;
        int[] levels = [200, 100, 150];
        var (dense, labels) = (new float[rows * 3], new float[rows]);
        for (var i = 0; i < rows; i++)
        {
            for (var f = 0; f < 3; f++)
                dense[3 * i + f] = random.Next(levels[f]);
            // The second column says most, the third less, the first nothing.
            labels[i] = dense[3 * i + 1] * 37 % 100 + 0.3f * (dense[3 * i + 2] * 61 % 150) + random.Next(10);
        }

        var data = new TrainingSet
        {
            Task = new TaskSpec(TaskKind.Regression, "y", []),
            FeatureInfos = [.. levels.Select((l, f) => new FeatureInfo($"c{f}", $"c{f}", FeatureKind.Categorical, l))],
            Features = new FeatureBatch(rows, 3, dense),
            Labels = labels,
        };
        Kept(10_000).ShouldBe([1, 2]);
        Kept(249).ShouldBe([1]);
        Kept(149).ShouldBe([1]);
        Kept(99).ShouldBe([]);

        // Columns without statistics for their many keys keep their codes, those that are judged to say nothing do not.
        var (encoded, statistics) = Encode(199);
        statistics!.Tables.Sum(t => t.Keys.Length).ShouldBeLessThanOrEqualTo(199);
        Enumerable.Range(0, rows).Select(i => encoded.Features.Row(i)[2]).Distinct().Count().ShouldBe(150);
        var all = Encode(10_000).Data.Features;
        Enumerable.Range(0, rows).Select(i => all.Row(i)[0]).ShouldAllBe(v => v == 0);

        (TrainingSet Data, CategoryStatistics? Statistics) Encode(int most) =>
            OrderedStatistics.Encode(data, new StatisticOptions { MaxKeys = most, MaxComplexity = 1 }, 1, new Workers(2, default));
        int[] Kept(int most) => Encode(most).Statistics is { } made ? [.. made.Tables.Select(t => t.Parts[0].Feature)] : [];
    }

    [Fact]
    public void A_file_with_more_keys_than_a_model_may_have_is_refused_and_empty_tables_take_no_room()
    {
        var parts = ImmutableArray.Create(KeyPart.Category(0, 60_000));
        var table = new StatisticTable(parts, [3, 7, 59_999], [1, 2, 3], [0]);
        table.Of([7f]).ToArray().ShouldBe([2]);
        table.Of([8f]).ToArray().ShouldBe([0]);
        var writer = new ArtefactSectionWriter();
        CategoryStatisticsFormat.Write(new CategoryStatistics([table, table]), writer);
        CategoryStatisticsFormat.Read(ArtefactSection.Of(writer), 1, maxKeys: 6).Tables.Length.ShouldBe(2);
        Should.Throw<ArtefactFormatException>(() => CategoryStatisticsFormat.Read(ArtefactSection.Of(writer), 1, maxKeys: 5))
            .Message.ShouldContain("too many keys");

        // An array over all possible keys would let a file of a few bytes ask for much memory.
        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = new StatisticTable(parts, [], [], [0]);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1024);
    }

    [Theory]
    [InlineData(TaskKind.Binary)]
    [InlineData(TaskKind.Multiclass)]
    [InlineData(TaskKind.Regression)]
    public void A_file_threads_and_batches_give_the_same_bits_and_broken_files_a_clear_error(TaskKind kind)
    {
        var data = Table(3000, 60, kind);
        var model = (GbdtModel)new GbdtLearner().Fit(data, Short, FitContext.Create(3)).Model;
        model.Ensemble.Statistics.ShouldNotBeNull();
        model.Importance.Length.ShouldBe(2);
        model.Importance.Sum().ShouldBe(1, 1e-9);
        var scores = Predict(model, data.Features);
        Predict(new GbdtLearner().Fit(data, Short, FitContext.Create(3, 3)).Model, data.Features).ShouldBe(scores);
        for (var row = 0; row < 20; row++)
            Predict(model, data.Features.Take([row])).ShouldBe(scores[(row * model.OutputWidth)..((row + 1) * model.OutputWidth)]);

        var writer = new ArtefactSectionWriter();
        model.Write(writer);
        Predict(Read(writer.Entries.ToDictionary()), data.Features).ShouldBe(scores);
        var written = writer.Entries.ToDictionary();
        foreach (var name in written.Keys.Where(k => k.StartsWith("statistics/", StringComparison.Ordinal)))
        {
            Should.Throw<ArtefactFormatException>(() => Read(written.Where(e => e.Key != name).ToDictionary()), name);
            Should.Throw<ArtefactFormatException>(() => Read(new(written) { [name] = written[name][..^1] }), name);
        }

        var random = new Random(1);
        var names = written.Keys.Where(k => k.StartsWith("statistics/", StringComparison.Ordinal)).ToArray();
        for (var i = 0; i < 500; i++)
        {
            var name = names[random.Next(names.Length)];
            var bytes = (byte[])written[name].Clone();
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                Predict(Read(new(written) { [name] = bytes }), data.Features.Take([1, 2, 3]));
            }
            catch (ArtefactFormatException e)
            {
                e.Message.ShouldNotBeEmpty();
            }
        }
    }

    [Fact]
    public void Statistics_help_where_categories_are_many_and_a_prediction_allocates_nothing_a_row()
    {
        var (data, test) = (Table(4000, 500, TaskKind.Regression), Table(2000, 500, TaskKind.Regression, 2));
        var model = new GbdtLearner().Fit(data, Short.With("categorical_encoding", "ordered"), FitContext.Create(1)).Model;
        var codes = new GbdtLearner().Fit(data, Short.With("categorical_encoding", "codes"), FitContext.Create(1)).Model;
        Error(model).ShouldBeLessThan(0.9 * Error(codes));

        var scores = new float[test.RowCount];
        model.Predict(test.Features, scores);
        Allocation.Least(() => model.Predict(test.Features, scores)).ShouldBeLessThan(256);

        double Error(IModel of) => Predict(of, test.Features).Zip(test.Labels.ToArray(), (a, b) => (double)(a - b) * (a - b)).Sum();
    }

    [Fact]
    public void Unseen_impossible_and_very_many_categories_are_survived()
    {
        var data = Table(3000, 65_537, TaskKind.Binary);
        foreach (var labels in new[] { data.Labels, new float[3000] })
        {
            var model = new GbdtLearner().Fit(data with { Labels = labels }, Short, FitContext.Create(1)).Model;
            float[] odd = [float.NaN, -1, 70_000, 0.5f, float.PositiveInfinity, 65_536];
            var rows = new FeatureBatch(6, 2, odd.SelectMany(o => new[] { o, 1f }).ToArray());
            Predict(model, rows).ShouldAllBe(s => s >= 0 && s <= 1);
        }
    }

    private static IModel Read(Dictionary<string, byte[]> entries) => new ArtefactReaders(TreeFormats.Readers, [])
        .ReadModel(TreeFormats.Gbdt, new ArtefactSection(entries.ToDictionary(e => e.Key, e => (ReadOnlyMemory<byte>)e.Value)));
}
