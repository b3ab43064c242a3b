using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Features;

/// <summary>What each featurizer makes of a few rows that can be checked by eye.</summary>
public class FeaturizerTests
{
    private const float Nan = float.NaN;

    [Fact]
    public void Numbers_come_as_they_are_for_codes() =>
        Make(FeatureNeeds.Codes, ColumnKind.Numeric, new NumericColumn("x", [1, double.NaN, 3])).Dense.ToArray().ShouldBe([1, Nan, 3]);

    [Fact]
    public void Missing_numbers_are_the_median_and_marked_when_scaled()
    {
        var (pipeline, features) = Fit(FeatureNeeds.Scaled, ColumnKind.Numeric, new NumericColumn("x", [1, double.NaN, 3, 2]));
        pipeline.DenseFeatures.Select(f => f.Name).ShouldBe(["x", "x is missing"]);
        features.Row(1).ToArray().ShouldBe([0, 1]);
        features.Row(3).ToArray().ShouldBe([0, 0]);
        features.Row(2)[0].ShouldBeGreaterThan(1);
    }

    [Fact]
    public void Codes_go_by_falling_frequency_and_what_training_did_not_see_is_missing()
    {
        var (pipeline, features) = Fit(FeatureNeeds.Codes, ColumnKind.Categorical, new CategoryColumn("x", [2, 2, 0, -1, 2, 0], ["a", "never", "c"]));
        features.Dense.ToArray().ShouldBe([0, 0, 1, Nan, 0, 1]);
        pipeline.DenseFeatures.Single().Cardinality.ShouldBe(2);
        pipeline.Transform(new Frame(4, [new CategoryColumn("x", [0, 1, CategoryColumn.Unknown, 77], [])])).Dense.ToArray().ShouldBe([1, Nan, Nan, Nan]);
    }

    [Fact]
    public void Beyond_254_levels_the_rarest_share_a_code_and_a_target_rate_joins_them()
    {
        int[] codes = [.. Enumerable.Range(0, 300), .. Enumerable.Range(0, 253)];
        var (pipeline, features) = Fit(FeatureNeeds.Codes, ColumnKind.Categorical, new CategoryColumn("x", codes, [.. Enumerable.Range(0, 300).Select(i => $"{i}")]));
        pipeline.DenseFeatures.Select(f => (f.Kind, f.Cardinality)).ShouldBe([(FeatureKind.Categorical, 254), (FeatureKind.Numeric, 0)]);
        features.Row(252)[0].ShouldBe(252);
        features.Row(253)[0].ShouldBe(253);
        features.Row(299)[0].ShouldBe(253);
    }

    [Fact]
    public void Fields_have_a_code_for_every_level_and_rare_ones_share_one_with_new_ones()
    {
        int[] codes = [.. Enumerable.Range(0, 400), .. Enumerable.Range(0, 300), 7, -1];
        var (pipeline, features) = Fit(FeatureNeeds.Fields, ColumnKind.Categorical, new CategoryColumn("x", codes, [.. Enumerable.Range(0, 401).Select(i => $"{i}")]));
        pipeline.DenseFeatures.Single().ShouldBe(new FeatureInfo("x", "x", FeatureKind.Categorical, 301));
        features.Row(7)[0].ShouldBe(0);
        features.Row(299)[0].ShouldBe(299);
        features.Row(300)[0].ShouldBe(300);
        features.Row(399)[0].ShouldBe(300);
        features.Row(codes.Length - 1)[0].ShouldBe(Nan);
        pipeline.Transform(new Frame(4, [new CategoryColumn("x", [7, 400, CategoryColumn.Unknown, CategoryColumn.Missing], [])])).Dense.ToArray().ShouldBe([0, 300, 300, Nan]);
    }

    [Fact]
    public void One_hot_pools_rare_levels_and_takes_unknown_ones_for_rare()
    {
        int[] codes = [.. Enumerable.Repeat(0, 6), .. Enumerable.Repeat(1, 5), 2, 3, -1];
        var (pipeline, features) = Fit(FeatureNeeds.Scaled, ColumnKind.Categorical, new CategoryColumn("x", codes, ["a", "b", "c", "d", "never"]));
        pipeline.DenseFeatures.Select(f => f.Name).ShouldBe(["x=a", "x=b", "x is rare", "x is missing"]);
        features.Row(0).ToArray().ShouldBe([1, 0, 0, 0]);
        features.Row(12).ToArray().ShouldBe([0, 0, 1, 0]);
        features.Row(13).ToArray().ShouldBe([0, 0, 0, 1]);
        var unknown = pipeline.Transform(new Frame(2, [new CategoryColumn("x", [4, CategoryColumn.Unknown], [])]));
        unknown.Dense.ToArray().ShouldBe([0, 0, 1, 0, 0, 0, 1, 0]);
    }

    [Fact]
    public void One_hot_without_a_rare_pool_has_zeros_for_unknown_and_missing()
    {
        int[] codes = [.. Enumerable.Repeat(0, 6), .. Enumerable.Repeat(1, 5)];
        var (pipeline, _) = Fit(FeatureNeeds.Scaled, ColumnKind.Categorical, new CategoryColumn("x", codes, ["a", "b"]));
        pipeline.Transform(new Frame(2, [new CategoryColumn("x", [CategoryColumn.Missing, CategoryColumn.Unknown], [])])).Dense.ToArray().ShouldBe([0, 0, 0, 0]);
    }

    [Fact]
    public void Target_encoding_smooths_towards_the_prior_and_gives_it_to_unknown_levels()
    {
        // 70 levels of 10 rows; level 0 is always positive, the others never.
        int[] codes = [.. Enumerable.Range(0, 700).Select(i => i % 70)];
        var column = new CategoryColumn("x", codes, [.. Enumerable.Range(0, 300).Select(i => $"{i}")]);
        var input = new FeaturizerInput(
            new Frame(700, [column]), new TaskSpec(TaskKind.Binary, "label", ["no", "yes"]), Array.ConvertAll(codes, c => c == 0 ? 1f : 0f), default);
        var builder = new FeatureBatchBuilder(700);
        var fitted = new TargetEncoding(["x"], scaled: false).FitTransform(input, builder, FitContext.Create(1));

        var to = new FeatureBatchBuilder(3);
        fitted.Transform(new Frame(3, [new CategoryColumn("x", [0, 1, 200], [])]), to);
        var prior = 10f / 700;
        to.Build().Dense.ToArray().ShouldBe([(10 + 10 * prior) / 20, 10 * prior / 20, prior], 1e-6f);
        // Out of fold a row of level 0 has seen fewer than the ten positives.
        builder.Build().Row(0)[0].ShouldBeLessThan((10 + 10 * prior) / 20);
    }

    [Fact]
    public void Dates_give_the_parts_that_vary()
    {
        // Saturday 2000-01-01 18:30, Sunday 2000-01-02 18:30, missing.
        var column = new NumericColumn("d", [946_751_400, 946_837_800, double.NaN]);
        var (pipeline, features) = Fit(FeatureNeeds.Codes, ColumnKind.DateTime, column);
        pipeline.DenseFeatures.Select(f => f.Name).ShouldBe(["d.day", "d.weekday", "d.dayOfYear", "d.elapsedDays"]);
        features.Row(0).ToArray().ShouldBe([1, 5, 1, (float)(946_751_400 / 86_400.0)]);
        features.Row(1).ToArray().ShouldBe([2, 6, 2, (float)(946_837_800 / 86_400.0)]);
        features.Row(2).ToArray().ShouldBe([Nan, Nan, Nan, Nan]);
    }

    [Fact]
    public void Calendar_parts_are_right_before_1970_too()
    {
        // 1969-12-31 06:00, a Wednesday.
        const double seconds = -18 * 3600;
        Calendar.Value(seconds, DatePart.Year).ShouldBe(1969);
        Calendar.Value(seconds, DatePart.Month).ShouldBe(12);
        Calendar.Value(seconds, DatePart.Day).ShouldBe(31);
        Calendar.Value(seconds, DatePart.DayOfWeek).ShouldBe(2);
        Calendar.Value(seconds, DatePart.Hour).ShouldBe(6);
        Calendar.Value(seconds, DatePart.IsWeekend).ShouldBe(0);
        Calendar.Value(double.NaN, DatePart.Year).ShouldBe(double.NaN);
        Calendar.Value(1e300, DatePart.Year).ShouldBe(double.NaN);
    }

    [Fact]
    public void Cycles_close_when_scaled()
    {
        var (pipeline, _) = Fit(FeatureNeeds.Scaled, ColumnKind.DateTime, new NumericColumn("d", [.. Enumerable.Range(0, 900).Select(i => i * 86_400.0 * 1.37)]));
        pipeline.DenseFeatures.Select(f => f.Name).ShouldContain("d.month.sin");
        pipeline.DenseFeatures.Select(f => f.Name).ShouldNotContain("d.month");
        var newYear = pipeline.Transform(new Frame(2, [new NumericColumn("d", [946_684_799, 946_684_800])]));
        var cosine = pipeline.DenseFeatures.Select(f => f.Name).ToList().IndexOf("d.hour.cos");
        newYear.Row(0)[cosine].ShouldBe(newYear.Row(1)[cosine], 1e-3f);
    }

    [Fact]
    public void Words_of_one_row_only_are_dropped_and_rows_have_length_1()
    {
        var (pipeline, features) = Fit(FeatureNeeds.Codes, ColumnKind.Text, new TextColumn("t", ["Red car", "red bus", null, "BUS!", "blue"]));
        pipeline.SparseWidth.ShouldBe(2);
        var sparse = features.Sparse.ShouldNotBeNull();
        Enumerable.Range(0, 5).Select(r => sparse.Indices(r).Length).ShouldBe([1, 2, 0, 1, 0]);
        foreach (var row in new[] { 0, 1, 3 })
            sparse.Values(row).ToArray().Sum(v => (double)v * v).ShouldBe(1, 1e-6);
        pipeline.ImportanceByColumn([.. Enumerable.Repeat(1.0, features.Width)]).Single().ShouldBe(new("t", 1));
    }

    /// <summary>Learners that ask one feature at a time get what many words say together; those that weigh every word do not.</summary>
    [Theory]
    [InlineData("gbdt", true)]
    [InlineData("random-forest", true)]
    [InlineData("mlp", true)]
    [InlineData("linear", false)]
    [InlineData("fm", false)]
    [InlineData("naive-bayes", false)]
    public void Trees_read_singular_vectors_of_texts(string learner, bool reads)
    {
        var (pipeline, _) = Fit(
            BuiltIn.Catalog[learner].Info.Needs, ColumnKind.Text, new TextColumn("t", [.. Enumerable.Range(0, 40).Select(i => $"red {(i % 3 == 0 ? "car" : "bus")} {(i % 2 == 0 ? "fast" : "slow")}")]));
        pipeline.DenseFeatures.Any(f => f.Name.StartsWith("t component", StringComparison.Ordinal)).ShouldBe(reads);
        pipeline.SparseWidth.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Text_statistics_count_what_they_say()
    {
        var features = Make(FeatureNeeds.Codes, ColumnKind.Text, new TextColumn("t", ["Win 50 NOW!", null, ""]));
        features.Row(0).ToArray().ShouldBe([11, 3, 8 / 3f, 4 / 11f, 2 / 11f, 1 / 11f], 1e-6f);
        features.Row(1).ToArray().ShouldAllBe(v => float.IsNaN(v));
        features.Row(2).ToArray().ShouldBe([0, 0, 0, 0, 0, 0]);
    }

    private static FeatureBatch Make(FeatureNeeds needs, ColumnKind kind, Column column) => Fit(needs, kind, column).Features;

    private static (FeaturePipeline Pipeline, FeatureBatch Features) Fit(FeatureNeeds needs, ColumnKind kind, Column column)
    {
        var labels = new float[column.Length];
        labels[0] = 1;
        var input = new FeaturizerInput(new Frame(column.Length, [column]), new TaskSpec(TaskKind.Binary, "label", ["no", "yes"]), labels, default);
        var schema = new Schema([new ColumnSpec(column.Name, kind, ColumnRole.Feature, 1, "")], "label");
        return FeaturePipeline.FitTransform(input, schema, needs, FitContext.Create(1));
    }
}
