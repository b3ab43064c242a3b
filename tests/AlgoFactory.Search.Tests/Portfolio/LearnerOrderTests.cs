using System.Collections.Immutable;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Search.Portfolio;
using Shouldly;
using Xunit;

namespace AlgoFactory.Search.Tests.Portfolio;

public sealed class LearnerOrderTests
{
    [Fact]
    public void Without_a_category_no_factorization_machine_is_offered() =>
        Order(new ColumnProfile("x", ColumnKind.Numeric, 100, 0, 100)).ShouldNotContain(id => id == "fm" || id == "ffm");

    [Fact]
    public void The_label_is_no_category_to_learn_from() => Order().ShouldNotContain("fm");

    [Fact]
    public void With_few_levels_factorization_machines_come_last() =>
        Order(new ColumnProfile("city", ColumnKind.Categorical, 100, 0, 12)).TakeLast(2).ShouldBe(["fm", "ffm"]);

    [Fact]
    public void With_many_levels_they_come_before_the_forests()
    {
        var order = Order(new ColumnProfile("user", ColumnKind.Categorical, 100_000, 0, 5000)).ToList();
        order.IndexOf("fm").ShouldBeGreaterThan(order.IndexOf("gbdt"));
        order.IndexOf("ffm").ShouldBeLessThan(order.IndexOf("random-forest"));
    }

    [Fact]
    public void They_learn_no_more_than_two_classes() =>
        LearnerOrder.For(BuiltIn.Catalog, TinyData.TaskOf(TaskKind.Multiclass), new DatasetProfile(100, [new ColumnProfile("city", ColumnKind.Categorical, 100, 0, 12)]))
            .ShouldNotContain(l => l.Id == "fm" || l.Id == "ffm");

    [Fact]
    public void What_is_not_installed_or_has_nothing_to_see_is_left_out()
    {
        TinyLearner Learner(string id, FeatureNeeds needs, bool images, string? unavailable = null) => new(id)
        {
            Info = new LearnerInfo(id, id, TaskKinds.All, needs, Reproducibility.AnyThreads, UsesValidation: false, NeedsImageColumns: images),
            Unavailable = unavailable,
        };
        var catalog = new LearnerCatalog(
            Learner("plain", FeatureNeeds.Codes, images: false), Learner("gone", FeatureNeeds.Codes, images: false, "Not installed."),
            Learner("images", FeatureNeeds.ImageEmbeddings, images: true));
        string[] Order(long rows, ColumnKind kind) =>
            [.. LearnerOrder.For(catalog, TinyData.Binary, new DatasetProfile(rows, [new ColumnProfile("x", kind, rows, 0, rows)])).Select(l => l.Id)];

        Order(100, ColumnKind.Numeric).ShouldBe(["plain"]);
        Order(100, ColumnKind.Image).ShouldBe(["images", "plain"]);
        Order(1_000_000, ColumnKind.Image).ShouldBe(["plain"]);
    }

    [Fact]
    public void Of_many_images_a_linear_model_reads_the_gradients_before_a_network_starts_from_nothing()
    {
        TinyLearner Learner(string id) => new(id)
        {
            Info = new LearnerInfo(id, id, TaskKinds.All, FeatureNeeds.Codes, Reproducibility.AnyThreads, UsesValidation: false),
        };
        var catalog = new LearnerCatalog(Learner("cnn"), Learner("gbdt"), Learner("linear"));
        string[] Order(params ReadOnlySpan<ColumnProfile> columns) =>
            [.. LearnerOrder.For(catalog, TinyData.Binary, new DatasetProfile(5000, [.. columns])).Select(l => l.Id)];

        Order(new ColumnProfile("picture", ColumnKind.Image, 5000, 0, 5000)).ShouldBe(["linear", "cnn", "gbdt"]);
        Order([.. Enumerable.Range(0, 784).Select(p => new ColumnProfile($"pixel{p}", ColumnKind.Numeric, 5000, 0, 256) { Quantiles = [0, 255] })])
            .ShouldBe(["cnn", "linear", "gbdt"]);
    }

    [Theory]
    [InlineData(true, ColumnKind.Numeric, ColumnKind.Text)]
    [InlineData(true, ColumnKind.Image, ColumnKind.Text)]
    [InlineData(true, ColumnKind.Categorical, ColumnKind.Image)]
    [InlineData(false, ColumnKind.Numeric, ColumnKind.Categorical)]
    [InlineData(false, ColumnKind.Text, ColumnKind.Text)]
    [InlineData(false, ColumnKind.Image, ColumnKind.Identifier)]
    public void What_joins_several_kinds_of_columns_is_offered_where_there_are_two(bool offered, params ColumnKind[] kinds)
    {
        var learner = new LearnerInfo("joint", "Joint", TaskKinds.All, FeatureNeeds.Multimodal, Reproducibility.AnyThreads, UsesValidation: false, NeedsSeveralKinds: true);
        // A label is none of them.
        var profile = new DatasetProfile(
            100, [.. kinds.Select((kind, i) => new ColumnProfile($"c{i}", kind, 100, 0, 100)), new ColumnProfile(TinyData.Binary.Label, ColumnKind.Boolean, 100, 0, 2)]);
        LearnerOrder.Objection(learner, TinyData.Binary, profile)
            .ShouldBe(offered ? null : "it needs columns of two kinds at least (numbers or categories, texts, images), and there are fewer");
    }

    [Theory]
    [InlineData("gbdt", null)]
    [InlineData("fm", "it needs a column of categories, and there is none")]
    [InlineData("fasttext", "it needs a column of texts, and there is none")]
    [InlineData("image-transfer", "it needs a column of images, and there is none")]
    [InlineData("mf", "it does not learn this task")]
    public void Why_a_learner_is_nothing_for_a_table_is_said(string id, string? reason) =>
        LearnerOrder.Objection(BuiltIn.Catalog[id].Info, TinyData.Binary, new DatasetProfile(100, [new ColumnProfile("x", ColumnKind.Numeric, 100, 0, 100)])).ShouldBe(reason);

    private static IEnumerable<string> Order(params ReadOnlySpan<ColumnProfile> columns)
    {
        ImmutableArray<ColumnProfile> all = [.. columns, new ColumnProfile("y", ColumnKind.Categorical, 100, 0, 2)];
        return LearnerOrder.For(BuiltIn.Catalog, TinyData.Binary, new DatasetProfile(100, all)).Select(l => l.Id);
    }
}
