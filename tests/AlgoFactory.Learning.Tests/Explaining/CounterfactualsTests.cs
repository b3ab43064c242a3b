using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Explaining;

public class CounterfactualsTests
{
    private static readonly Predictor Model = TinyModels.Fit(TaskKind.Binary, 1, "random-forest").Predictor;
    private static readonly Frame Reference = TinyModels.Bind(Model.Schema, TinyModels.Texts(120, 1));

    [Fact]
    public void Answers_turn_the_prediction_with_as_few_changes_as_can_be()
    {
        var searched = 0;
        for (var r = 0; r < 12; r++)
        {
            var row = Reference.Take([r]);
            var now = Model.Predict(row).ClassIndex(0);
            var report = Counterfactuals.Find(Model, Reference, row, new CounterfactualQuery { Class = Model.Task.Classes[1 - now] });
            report.IsReached.ShouldBeFalse();
            report.Now.Class.ShouldBe(Model.Task.Classes[now]);
            if (report.Answers.IsEmpty)
                continue;
            searched++;
            foreach (var answer in report.Answers)
            {
                answer.Class.ShouldBe(Model.Task.Classes[1 - now]);
                Model.Predict(Changed(row, answer)).ClassIndex(0).ShouldBe(1 - now);
            }

            // The naive twin: every value of every column by itself.
            var single = Reference.Columns.Any(c => EffectGrid.Of(c, 16) is { } grid && Enumerable.Range(0, grid.Count)
                .Any(g => Model.Predict(row.With(grid.Column.Take([g]))).ClassIndex(0) != now));
            (report.Answers[0].Changes.Length == 1).ShouldBe(single);
            report.Answers.Select(a => string.Join(',', a.Changes.Select(c => c.Column))).ShouldBeUnique();
            report.Answers.Select(a => a.Changes.Length).ShouldBeInOrder();
        }

        searched.ShouldBeGreaterThan(6);
    }

    [Fact]
    public void Fixed_columns_stay_as_they_are()
    {
        var row = Reference.Take([3]);
        var free = Counterfactuals.Find(Model, Reference, row, new CounterfactualQuery());
        var first = free.Answers[0].Changes[0].Column;
        var bound = Counterfactuals.Find(Model, Reference, row, new CounterfactualQuery { Fixed = [first] });
        bound.Answers.SelectMany(a => a.Changes).ShouldAllBe(c => c.Column != first);
        var none = Counterfactuals.Find(Model, Reference, row, new CounterfactualQuery { Fixed = [.. Reference.Columns.Select(c => c.Name)] });
        (none.Answers.Length, none.Tried, none.Closest).ShouldBe((0, 0, null));
    }

    [Fact]
    public void Numbers_come_to_lie_in_their_range()
    {
        var model = TinyModels.Fit(TaskKind.Regression, 1, "linear").Predictor;
        var row = Reference.Take([5]);
        var now = model.Predict(row).Value(0);
        var up = Counterfactuals.Find(model, Reference, row, new CounterfactualQuery { Low = now + 20, High = now + 60 });
        up.Answers.ShouldNotBeEmpty();
        up.Answers.ShouldAllBe(a => a.Value >= now + 20 && a.Value <= now + 60);
        Counterfactuals.Find(model, Reference, row, new CounterfactualQuery { Low = now - 1 }).IsReached.ShouldBeTrue();
        var never = Counterfactuals.Find(model, Reference, row, new CounterfactualQuery { Low = 1e9 });
        never.Answers.ShouldBeEmpty();
        never.Closest!.Value!.Value.ShouldBeGreaterThan(now);
    }

    [Fact]
    public void A_query_that_does_not_fit_the_model_is_refused()
    {
        var row = Reference.Take([0]);
        string Refused(CounterfactualQuery query, Predictor? model = null) =>
            Should.Throw<LearningException>(() => Counterfactuals.Find(model ?? Model, Reference, row, query)).Message;
        Refused(new() { Class = "maybe" }).ShouldContain("no class 'maybe'");
        Refused(new() { Low = 1 }).ShouldContain("one of no, yes");
        Refused(new() { Fixed = ["agee"] }).ShouldContain("'age'");
        var regression = TinyModels.Fit(TaskKind.Regression, 1, "linear").Predictor;
        Refused(new() { Class = "yes" }, regression).ShouldContain("predicts a number");
        Refused(new(), regression).ShouldContain("Say from where");
        Refused(new() { Low = 2, High = 1 }, regression).ShouldContain("empty");
    }

    private static Frame Changed(Frame row, Counterfactual answer)
    {
        foreach (var change in answer.Changes)
        {
            var (column, spec) = (Reference[change.Column], Model.InputColumns.First(c => c.Name == change.Column));
            var at = Enumerable.Range(0, Reference.RowCount).First(r => !column.IsMissing(r) && change.To == (column switch
            {
                NumericColumn numbers => ColumnText.Of(numbers.Values[r], spec),
                CategoryColumn categories => categories.Codes[r] >= 0 ? categories.Levels[categories.Codes[r]] : null,
                _ => null,
            }));
            row = row.With(column.Take([at]));
        }

        return row;
    }
}
