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

    private static IEnumerable<string> Order(params ReadOnlySpan<ColumnProfile> columns)
    {
        ImmutableArray<ColumnProfile> all = [.. columns, new ColumnProfile("y", ColumnKind.Categorical, 100, 0, 2)];
        return LearnerOrder.For(BuiltIn.Catalog, TinyData.Binary, new DatasetProfile(100, all)).Select(l => l.Id);
    }
}
