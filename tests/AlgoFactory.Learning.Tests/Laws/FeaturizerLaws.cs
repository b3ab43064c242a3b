using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Laws;

/// <summary>What the pipeline of every task and need must obey, on a table with a column of every kind.</summary>
public class FeaturizerLaws
{
    private const int Rows = 600;

    public static TheoryData<TaskKind, FeatureNeeds> All()
    {
        var data = new TheoryData<TaskKind, FeatureNeeds>();
        foreach (var kind in Enum.GetValues<TaskKind>())
            foreach (var needs in Enum.GetValues<FeatureNeeds>())
                if (needs is not (FeatureNeeds.Interactions or FeatureNeeds.Pixels or FeatureNeeds.Tokens) && !new TaskSpec(kind, "", []).IsRecommendation)
                    data.Add(kind, needs);
        return data;
    }

    [Theory, MemberData(nameof(All))]
    public void Transforming_the_training_rows_gives_features_of_the_same_shape(TaskKind kind, FeatureNeeds needs)
    {
        var table = SyntheticTable.Create(kind, Rows);
        var (pipeline, data) = table.TrainingSet(needs);
        var again = pipeline.Transform(table.Frame);
        again.RowCount.ShouldBe(Rows);
        again.DenseWidth.ShouldBe(data.Features.DenseWidth);
        again.DenseWidth.ShouldBe(pipeline.DenseFeatures.Length);
        (again.Sparse?.Width ?? 0).ShouldBe(data.Features.Sparse?.Width ?? 0);
        (again.Sparse?.Width ?? 0).ShouldBe(pipeline.SparseWidth);
        pipeline.DenseFeatures.Select(f => f.Name).ShouldBeUnique();
        if (needs == FeatureNeeds.None)
            again.Width.ShouldBe(0);
        else
            again.Width.ShouldBeGreaterThan(10);
    }

    [Theory, MemberData(nameof(All))]
    public void Only_features_made_from_the_label_differ_between_training_and_prediction(TaskKind kind, FeatureNeeds needs)
    {
        var table = SyntheticTable.Create(kind, Rows);
        var (pipeline, data) = table.TrainingSet(needs);
        var again = pipeline.Transform(table.Frame);
        for (var row = 0; row < Rows; row++)
            for (var f = 0; f < again.DenseWidth; f++)
                if (pipeline.DenseFeatures[f] is not { Source: "city", Kind: FeatureKind.Numeric })
                    again.Row(row)[f].ShouldBe(data.Features.Row(row)[f]);
        SparseRows(again).ShouldBe(SparseRows(data.Features));
    }

    [Theory, MemberData(nameof(All))]
    public void A_pipeline_that_was_saved_and_loaded_makes_the_same_bits(TaskKind kind, FeatureNeeds needs)
    {
        var table = SyntheticTable.Create(kind, Rows);
        var (pipeline, _) = table.TrainingSet(needs);
        var read = ArtefactRoundTrip.Of(pipeline, BuiltIn.Readers);
        read.DenseFeatures.ShouldBe(pipeline.DenseFeatures);
        var others = SyntheticTable.Create(kind, 200, seed: 9).Frame;
        read.Transform(others).Dense.ToArray().ShouldBe(pipeline.Transform(others).Dense.ToArray());
        SparseRows(read.Transform(others)).ShouldBe(SparseRows(pipeline.Transform(others)));
    }

    [Theory, MemberData(nameof(All))]
    public void A_row_has_the_same_bits_alone_and_in_a_batch(TaskKind kind, FeatureNeeds needs)
    {
        var table = SyntheticTable.Create(kind, Rows);
        var (pipeline, _) = table.TrainingSet(needs);
        var batch = pipeline.Transform(table.Frame);
        for (var row = 0; row < 40; row++)
        {
            var alone = pipeline.Transform(table.Frame.Take([row]));
            alone.Dense.ToArray().ShouldBe(batch.Row(row).ToArray());
            SparseRows(alone).ShouldBe(SparseRows(batch).Skip(row).Take(1));
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Any_number_of_threads_makes_the_same_features(TaskKind kind, FeatureNeeds needs)
    {
        // More rows than two of the largest blocks that threads share.
        var table = SyntheticTable.Create(kind, 2100);
        var one = FeaturePipeline.FitTransform(table.Input, table.Schema, needs, FitContext.Create(3, 1)).Features;
        var three = FeaturePipeline.FitTransform(table.Input, table.Schema, needs, FitContext.Create(3, 3)).Features;
        three.Dense.ToArray().ShouldBe(one.Dense.ToArray());
        SparseRows(three).ShouldBe(SparseRows(one));
    }

    [Theory, MemberData(nameof(All))]
    public void Nothing_is_made_from_the_label_identifiers_constants_and_ignored_columns(TaskKind kind, FeatureNeeds needs)
    {
        var table = SyntheticTable.Create(kind, Rows);
        var schema = table.Schema with { Columns = [.. table.Schema.Columns.Select(c => c.Name == "number" ? c with { Role = ColumnRole.Ignore } : c)] };
        var (pipeline, _) = FeaturePipeline.FitTransform(table.Input, schema, needs, FitContext.Create(1));
        pipeline.DenseFeatures.ShouldAllBe(f => f.Source != "label" && f.Source != "id" && f.Source != "constant" && f.Source != "number");
    }

    [Theory, MemberData(nameof(All))]
    public void Scaled_features_are_finite_and_bounded_whatever_comes(TaskKind kind, FeatureNeeds needs)
    {
        if (needs != FeatureNeeds.Scaled)
            return;
        var (pipeline, _) = SyntheticTable.Create(kind, Rows).TrainingSet(needs);
        double[] odd = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1e300, -1e300];
        int[] codes = [CategoryColumn.Missing, CategoryColumn.Unknown, 9999, 0, 1];
        string?[] texts = [null, "", "good 😀 bad", "!!!", new string('x', 5000)];
        var rows = new Frame(5,
        [
            new NumericColumn("number", odd), new NumericColumn("gap", odd), new NumericColumn("tail", odd), new NumericColumn("flag", odd),
            new CategoryColumn("colour", codes, []), new CategoryColumn("city", codes, []), new NumericColumn("date", odd), new TextColumn("text", texts),
        ]);
        var features = pipeline.Transform(rows);
        foreach (var value in features.Dense)
            Math.Abs(value).ShouldBeLessThanOrEqualTo(ColumnScaler.Limit);
        SparseRows(features).ShouldAllBe(r => !r.Contains("NaN") && !r.Contains("Infinity"));
    }

    [Theory, MemberData(nameof(All))]
    public void A_table_whose_columns_say_nothing_has_no_features(TaskKind kind, FeatureNeeds needs)
    {
        var table = SyntheticTable.Create(kind, 40);
        var same = new Frame(40, [.. table.Frame.Columns.Select(c => c.Name == "label" ? c : c.Take(new int[40]))]);
        var (pipeline, features) = FeaturePipeline.FitTransform(table.Input with { Frame = same }, table.Schema, needs, FitContext.Create(1));
        pipeline.DenseFeatures.ShouldAllBe(f => f.Source == "text");
        features.RowCount.ShouldBe(40);
    }

    [Fact]
    public void Target_encoding_of_levels_that_are_all_different_says_nothing_about_the_label()
    {
        const int rows = 2000;
        var random = new Random(3);
        var labels = Enumerable.Range(0, rows).Select(_ => (float)random.Next(2)).ToArray();
        var unique = new CategoryColumn("key", [.. Enumerable.Range(0, rows)], [.. Enumerable.Range(0, rows).Select(i => $"k{i}")]);
        var features = Encode(new Frame(rows, [unique]), labels, FeatureNeeds.Codes);
        var encoded = Enumerable.Range(0, rows).Select(r => features.Row(r)[1]).ToArray();
        encoded.Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public void Target_encoding_of_random_levels_says_next_to_nothing_about_the_label_out_of_fold()
    {
        const int rows = 6000, levels = 600;
        var random = new Random(4);
        var labels = Enumerable.Range(0, rows).Select(_ => (float)random.Next(2)).ToArray();
        var codes = Enumerable.Range(0, rows).Select(_ => random.Next(levels)).ToArray();
        var frame = new Frame(rows, [new CategoryColumn("key", codes, [.. Enumerable.Range(0, levels).Select(i => $"k{i}")])]);
        var outOfFold = Encode(frame, labels, FeatureNeeds.Codes);
        Math.Abs(Correlation(Enumerable.Range(0, rows).Select(r => (double)outOfFold.Row(r)[1]), labels)).ShouldBeLessThan(0.05);

        // The same measure finds the leak when a row does see its own label.
        var (pipeline, _) = FeaturePipeline.FitTransform(Input(frame, labels), Keys, FeatureNeeds.Codes, FitContext.Create(1));
        var leaking = pipeline.Transform(frame);
        Correlation(Enumerable.Range(0, rows).Select(r => (double)leaking.Row(r)[1]), labels).ShouldBeGreaterThan(0.2);
    }

    [Fact]
    public void Transforming_numbers_and_categories_allocates_little_more_than_the_features()
    {
        var full = SyntheticTable.Create(TaskKind.Binary, 5000);
        var schema = full.Schema with { Columns = [.. full.Schema.Columns.Where(c => c.Kind != ColumnKind.Text)] };
        foreach (var needs in new[] { FeatureNeeds.Codes, FeatureNeeds.Levels, FeatureNeeds.Scaled, FeatureNeeds.Fields })
        {
            var (pipeline, _) = FeaturePipeline.FitTransform(full.Input, schema, needs, FitContext.Create(1));
            pipeline.Transform(full.Frame);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var features = pipeline.Transform(full.Frame);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            // Each featurizer's part and the joined block, and a few small objects.
            allocated.ShouldBeLessThan(2L * features.Dense.Length * sizeof(float) + 4096);
        }
    }

    [Fact]
    public void A_column_of_another_type_is_refused_by_name()
    {
        var (pipeline, _) = SyntheticTable.Create(TaskKind.Binary, 100).TrainingSet(FeatureNeeds.Codes);
        var wrong = new Frame(1, [new TextColumn("number", ["1"])]);
        Should.Throw<LearningException>(() => pipeline.Transform(wrong)).Message.ShouldContain("'number'");
    }

    [Theory]
    [InlineData(FeatureNeeds.Codes)]
    [InlineData(FeatureNeeds.Levels)]
    [InlineData(FeatureNeeds.Scaled)]
    [InlineData(FeatureNeeds.Fields)]
    [InlineData(FeatureNeeds.Grams)]
    public void A_model_file_with_any_part_of_a_pipeline_broken_is_refused(FeatureNeeds needs)
    {
        var (pipeline, _) = SyntheticTable.Create(TaskKind.Binary, Rows).TrainingSet(needs);
        var writer = new ArtefactSectionWriter();
        pipeline.Write(writer);
        foreach (var name in writer.Entries.Keys)
        {
            var entries = writer.Entries.ToDictionary(e => e.Key, e => (ReadOnlyMemory<byte>)e.Value);
            entries.Remove(name);
            Should.Throw<ArtefactFormatException>(() => FeaturePipeline.Read(new ArtefactSection(entries), BuiltIn.Readers));
            entries[name] = name.EndsWith(".json", StringComparison.Ordinal) ? "{}"u8.ToArray() : writer.Entries[name][..^1];
            Should.Throw<ArtefactFormatException>(() => FeaturePipeline.Read(new ArtefactSection(entries), BuiltIn.Readers));
        }
    }

    private static Schema Keys { get; } = new([new ColumnSpec("key", ColumnKind.Categorical, ColumnRole.Feature, 1, "")], "label");

    private static FeatureBatch Encode(Frame frame, float[] labels, FeatureNeeds needs) =>
        FeaturePipeline.FitTransform(Input(frame, labels), Keys, needs, FitContext.Create(1)).Features;

    private static FeaturizerInput Input(Frame frame, float[] labels) =>
        new(frame, new TaskSpec(TaskKind.Binary, "label", ["no", "yes"]), labels, default);

    private static double Correlation(IEnumerable<double> values, float[] labels)
    {
        var x = values.ToArray();
        var (mx, my) = (x.Average(), labels.Average(l => (double)l));
        double xy = 0, xx = 0, yy = 0;
        for (var i = 0; i < x.Length; i++)
        {
            xy += (x[i] - mx) * (labels[i] - my);
            xx += (x[i] - mx) * (x[i] - mx);
            yy += (labels[i] - my) * (labels[i] - my);
        }

        return xy / Math.Sqrt(xx * yy);
    }

    private static string[] SparseRows(FeatureBatch rows) => rows.Sparse is not { } sparse
        ? []
        : [.. Enumerable.Range(0, sparse.RowCount).Select(r => $"{string.Join(',', sparse.Indices(r).ToArray())}={string.Join(',', sparse.Values(r).ToArray())}")];
}
