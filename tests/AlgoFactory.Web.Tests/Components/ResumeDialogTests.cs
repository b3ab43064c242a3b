using AlgoFactory.Search.Experiments;
using AlgoFactory.Web.Components.Experiments;

namespace AlgoFactory.Web.Tests.Components;

/// <summary>With what an experiment goes on.</summary>
public sealed class ResumeDialogTests
{
    private static Task<string> HtmlAsync(ExperimentState state, ExperimentRequest request, string? task) =>
        Rendered.HtmlAsync<ResumeDialog>(new()
        {
            ["Experiment"] = new ExperimentRecord { Id = "1", Request = request, CreatedAt = default, State = state, Task = task },
        });

    private static ExperimentRequest Request() => new() { DatasetId = "d", Label = "y", Name = "m" };

    [Fact]
    public async Task One_that_has_a_model_needs_a_larger_budget()
    {
        (await HtmlAsync(ExperimentState.Completed, Request() with { Trials = 20 }, "binary")).ShouldContain("min=\"21\" max=\"100000\" step=\"1\" value=\"40\"");
        (await HtmlAsync(ExperimentState.Completed, Request() with { BudgetSeconds = 90 }, "binary")).ShouldContain("value=\"180\"");
        (await HtmlAsync(ExperimentState.Paused, Request() with { BudgetSeconds = 90 }, "binary")).ShouldContain("value=\"90\"");
    }

    [Fact]
    public async Task The_learners_of_the_task_can_be_ticked_and_those_in_use_are()
    {
        var html = await HtmlAsync(ExperimentState.Paused, Request() with { Learners = ["linear"] }, "multiclass");

        html.ShouldContain("value=\"gbdt\"");
        html.ShouldNotContain("value=\"ffm\"", Case.Sensitive, "it cannot learn more than two classes");
        html.ShouldNotContain("value=\"baseline\"");
        html.Split("checked").Length.ShouldBe(2);
    }
}
