using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Explaining;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Explaining;

public class ProfileRowsTests
{
    [Fact]
    public void Rows_have_the_shares_of_the_profile()
    {
        ColumnSpec Spec(string name, ColumnKind kind, params string[] levels) => new(name, kind, ColumnRole.Feature, 1, "Chosen.") { Levels = [.. levels] };
        var profile = new DatasetProfile(100,
        [
            new ColumnProfile("half", ColumnKind.Numeric, 50, 50, 9) { Quantiles = [0.5, 1, 2, 3, 4, 5, 6, 7, 8] },
            new ColumnProfile("whole", ColumnKind.Numeric, 100, 0, 9) { Quantiles = [0, 0, 0, 10, 20, 30, 40, 40, 40] },
            new ColumnProfile("level", ColumnKind.Categorical, 100, 0, 4) { TopLevels = [new("b", 60), new("a", 20)] },
            new ColumnProfile("truth", ColumnKind.Boolean, 80, 20, 2) { TopLevels = [new("ja", 60), new("nein", 20)] },
        ]);
        var rows = ProfileRows.Draw(
            [Spec("half", ColumnKind.Numeric), Spec("whole", ColumnKind.Numeric), Spec("level", ColumnKind.Categorical, "a", "b", "c", "d"), Spec("truth", ColumnKind.Boolean, "nein", "ja"),
                Spec("text", ColumnKind.Text), Spec("unknown", ColumnKind.Numeric)],
            profile, 100, 3);

        double[] half = [.. ((NumericColumn)rows["half"]).Values];
        half.Count(double.IsNaN).ShouldBe(50);
        half.Count(v => v < 4).ShouldBe(25);
        double[] whole = [.. ((NumericColumn)rows["whole"]).Values];
        whole.ShouldAllBe(v => v == Math.Round(v));
        whole.Count(v => v <= 10).ShouldBeInRange(25, 28);
        int[] codes = [.. ((CategoryColumn)rows["level"]).Codes];
        Enumerable.Range(0, 4).Select(l => codes.Count(c => c == l)).ShouldBe([20, 60, 10, 10]);
        double[] truth = [.. ((NumericColumn)rows["truth"]).Values];
        (truth.Count(double.IsNaN), truth.Count(v => v == 0), truth.Count(v => v == 1)).ShouldBe((20, 20, 60));
        rows["text"].IsMissing(0).ShouldBeTrue();
        rows["unknown"].IsMissing(99).ShouldBeTrue();
        // Columns are not drawn in the same order.
        Enumerable.Range(0, 100).Count(i => double.IsNaN(half[i]) == double.IsNaN(truth[i])).ShouldBeInRange(20, 80);
    }
}
