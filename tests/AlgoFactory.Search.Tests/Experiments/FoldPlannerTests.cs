using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Search.Experiments;

namespace AlgoFactory.Search.Tests.Experiments;

public class FoldPlannerTests
{
    [Theory]
    [InlineData(TaskKind.Binary)]
    [InlineData(TaskKind.Multiclass)]
    [InlineData(TaskKind.Regression)]
    public void Small_data_is_folded_and_every_row_is_validated_once(TaskKind kind)
    {
        var data = TinyData.Create(kind, 203);

        var plan = FoldPlanner.Plan(data, TinyData.TaskOf(kind), 0, 1);

        plan.Description.ShouldBe("5-fold");
        plan.Folds.SelectMany(f => f.Validation).Order().ShouldBe(Enumerable.Range(0, 203));
        foreach (var fold in plan.Folds)
        {
            fold.Train.Concat(fold.Validation).Order().ShouldBe(Enumerable.Range(0, 203));
            fold.Validation.Length.ShouldBeInRange(40, 41);
        }
    }

    [Fact]
    public void Classes_are_spread_evenly()
    {
        var data = TinyData.Create(TaskKind.Binary, 1000);
        var share = data.TrainLabels.ToArray().Average();

        foreach (var fold in FoldPlanner.Plan(data, TinyData.Binary, 4, 1).Folds)
            fold.Validation.Average(r => data.TrainLabels.Span[r]).ShouldBe(share, 0.01);
    }

    [Fact]
    public void Large_data_gets_a_holdout_part()
    {
        var data = TinyData.Create(TaskKind.Binary, FoldPlanner.FoldedRows + 1);

        var plan = FoldPlanner.Plan(data, TinyData.Binary, 0, 1);

        plan.Description.ShouldBe("holdout 20 %");
        plan.Folds.ShouldHaveSingleItem().Validation.Length.ShouldBe(4000);
    }

    [Fact]
    public void An_image_counts_as_the_columns_that_are_read_from_it()
    {
        var data = TinyData.Create(TaskKind.Multiclass, 2000);
        data = data with { Schema = data.Schema with { Columns = [.. data.Schema.Columns.Select(c => c.Name == "z" ? c with { Kind = ColumnKind.Image } : c)] } };

        FoldPlanner.Plan(data, TinyData.TaskOf(TaskKind.Multiclass), 0, 1).Description.ShouldBe("holdout 20 %");
    }

    [Fact]
    public void Own_validation_rows_are_used_as_they_are()
    {
        var data = TinyData.Create(TaskKind.Binary, 100);
        data = data with { Validation = (data.Train.Take([0, 1, 2]), data.TrainLabels[..3], default) };

        var plan = FoldPlanner.Plan(data, TinyData.Binary, 0, 1);

        plan.IsExternal.ShouldBeTrue();
        plan.Folds.ShouldHaveSingleItem().Train.Length.ShouldBe(100);
        plan.Folds[0].Validation.ShouldBe([0, 1, 2]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Groups_stay_together(int folds)
    {
        var data = TinyData.Create(TaskKind.Binary, 300);
        var groups = Enumerable.Range(0, 300).Select(i => i / 7).ToArray();

        foreach (var fold in FoldPlanner.Plan(data with { Groups = groups }, TinyData.Binary, folds, 1).Folds)
            fold.Train.Select(r => groups[r]).Intersect(fold.Validation.Select(r => groups[r])).ShouldBeEmpty();
    }

    [Fact]
    public void What_cannot_be_split_is_said()
    {
        Should.Throw<LearningException>(() => FoldPlanner.Plan(TinyData.Create(TaskKind.Binary, 9), TinyData.Binary, 0, 1))
            .Message.ShouldContain("at least 10");
        Should.Throw<LearningException>(() => FoldPlanner.Plan(TinyData.Create(TaskKind.Binary, 20), TinyData.Binary, 15, 1))
            .Message.ShouldContain("at most 10");
        Should.Throw<LearningException>(() => FoldPlanner.Plan(TinyData.Create(TaskKind.Binary, 20) with { Groups = new int[20] }, TinyData.Binary, 0, 1))
            .Message.ShouldContain("one group");
    }

    [Fact]
    public void A_sample_is_part_of_the_plan_it_is_drawn_from()
    {
        var plan = FoldPlanner.Plan(TinyData.Create(TaskKind.Binary, 500), TinyData.Binary, 0, 1);

        var sample = plan.Sample(50, 20, 3);

        for (var i = 0; i < plan.Folds.Length; i++)
        {
            sample.Folds[i].Train.Length.ShouldBe(50);
            sample.Folds[i].Train.Except(plan.Folds[i].Train).ShouldBeEmpty();
            sample.Folds[i].Validation.Length.ShouldBe(20);
            sample.Folds[i].Validation.Except(plan.Folds[i].Validation).ShouldBeEmpty();
        }
    }

    [Fact]
    public void Rows_with_a_time_are_validated_on_the_newest_ones()
    {
        var data = TinyData.Create(TaskKind.Binary, 200) with { Times = Enumerable.Range(0, 200).Select(i => (double)i).ToArray() };

        var plan = FoldPlanner.Plan(data, TinyData.Binary, 0, 1);

        plan.IsForward.ShouldBeTrue();
        plan.IsPartition.ShouldBeFalse("models of older rows must not be served as a bag");
        plan.Description.ShouldBe("rolling origin, 5 folds");
        plan.Folds.SelectMany(f => f.Validation).Order().ShouldBe(Enumerable.Range(100, 100));
        plan.Folds.ShouldAllBe(f => f.Train.Max() < f.Validation.Min());
        plan.Folds[0].Train.Length.ShouldBe(180);
        FoldPlanner.Plan(data with { Gap = 20 }, TinyData.Binary, 1, 1).Folds[0].Train.Max().ShouldBe(140);
    }

    [Fact]
    public void Times_that_leave_nothing_to_train_on_are_refused()
    {
        var data = TinyData.Create(TaskKind.Binary, 200) with { Times = Enumerable.Range(0, 200).Select(i => (double)i).ToArray() };
        Should.Throw<LearningException>(() => FoldPlanner.Plan(data with { Gap = 500 }, TinyData.Binary, 0, 1)).Message.ShouldContain("shorter gap");
        Should.Throw<LearningException>(() => FoldPlanner.Plan(data with { Times = new double[200] }, TinyData.Binary, 0, 1)).Message.ShouldContain("too few distinct values");
    }

    [Fact]
    public void Folds_that_the_user_has_dealt_are_taken()
    {
        var folds = Enumerable.Range(0, 200).Select(i => i % 3 == 0 ? 7 : i % 2).ToArray();
        var data = TinyData.Create(TaskKind.Regression, 200) with { Folds = folds };

        var plan = FoldPlanner.Plan(data, TinyData.Regression, 0, 1);

        plan.Folds.Length.ShouldBe(3);
        plan.Folds.ShouldAllBe(f => f.Validation.Select(r => folds[r]).Distinct().Count() == 1);
        plan.Folds.SelectMany(f => f.Validation).Order().ShouldBe(Enumerable.Range(0, 200));
        Should.Throw<LearningException>(() => FoldPlanner.Plan(data with { Folds = new int[200] }, TinyData.Regression, 0, 1)).Message.ShouldContain("one value only");
        Should.Throw<LearningException>(() => FoldPlanner.Plan(data with { Folds = Enumerable.Range(0, 200).ToArray() }, TinyData.Regression, 0, 1)).Message.ShouldContain("at most 50");
    }
}
