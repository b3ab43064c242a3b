using AlgoFactory.Learning;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Search.Experiments;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Search.Tests.Experiments;

/// <summary>
/// On a log of clicks, where pairs of levels say what no level says alone, a factorization machine wins the sweep. (The
/// forests are left out for the test's time.)
/// </summary>
public sealed class ClickSweepTests
{
    [Fact]
    public async Task A_factorization_machine_wins_the_sweep()
    {
        var table = ClickTable.Create(6_000, fields: 3, levels: 50);
        var data = new ExperimentData(table.Frame, table.Labels, default, table.Schema, table.Profile);
        var catalog = new LearnerCatalog(BuiltIn.Catalog.All.Where(l => l.Info.Id is not ("random-forest" or "extra-trees")));
        var learners = catalog.All.Count(l => l.Info.Tasks.HasFlag(table.Task.Flag));
        var plan = new ExperimentPlan { Task = table.Task, Metric = "auc", Trials = learners, Folds = 1, Threads = 2 };
        ExperimentResult? result = null;
        await foreach (var e in new ExperimentRunner(catalog, TimeProvider.System).RunAsync(plan, data))
            result = (e as ExperimentDone)?.Result ?? result;

        var trials = result!.Leaderboard.Where(e => e.Learner != ExperimentResult.EnsembleLearner).ToArray();
        trials.Select(e => e.Learner).Distinct().Count().ShouldBe(learners);
        trials.ShouldAllBe(e => e.Error == null);
        trials[0].Learner.ShouldBeOneOf("fm", "ffm");
        // A perceptron learns vectors of levels too, and comes nearer than what does not.
        var others = trials.Where(e => e.Learner is not ("fm" or "ffm" or "mlp")).Max(e => e.Score!.Value);
        trials[0].Score!.Value.ShouldBeGreaterThan(others + 0.05);
        result.Predictor.Members.ShouldContain(m => m.Learner == "fm" || m.Learner == "ffm");
        result.Importance.Select(i => i.Column).ShouldBe(["field0", "field1", "field2"], ignoreOrder: true);
    }
}
