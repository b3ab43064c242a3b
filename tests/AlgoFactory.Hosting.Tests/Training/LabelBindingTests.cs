using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Learning;

namespace AlgoFactory.Hosting.Tests.Training;

public class LabelBindingTests
{
    private static CategoryColumn Column(ImmutableArray<string> levels, params int[] codes) => new("y", codes, levels);

    [Fact]
    public void Levels_that_no_row_has_are_no_classes() =>
        LabelBinding.Task(TaskKind.Binary, Column(["a", "b", "c"], 0, 0, 2), null).Classes.ShouldBe(["a", "c"]);

    [Fact]
    public void Missing_and_unseen_labels_are_told_apart()
    {
        var task = new TaskSpec(TaskKind.Binary, "y", ["b", "a"]);

        LabelBinding.Labels(task, Column(["a", "b"], 0, 1, CategoryColumn.Missing, CategoryColumn.Unknown)).ShouldBe([1, 0, float.NaN, LabelBinding.Unseen]);
    }

    [Fact]
    public void Values_that_are_not_finite_are_missing() =>
        LabelBinding.Labels(new TaskSpec(TaskKind.Regression, "y", []), new NumericColumn("y", [1.5, double.NaN, 1e300])).ShouldBe([1.5f, float.NaN, float.NaN]);

    [Fact]
    public void More_than_two_classes_are_not_binary() =>
        Should.Throw<UsageException>(() => LabelBinding.Task(TaskKind.Binary, Column(["a", "b", "c"], 0, 1, 2), null)).Message.ShouldContain("3");

    [Fact]
    public void A_positive_class_belongs_to_binary_tasks_only() =>
        Should.Throw<UsageException>(() => LabelBinding.Task(TaskKind.Multiclass, Column(["a", "b", "c"], 0, 1, 2), "a")).Message.ShouldContain("binary task only");
}
