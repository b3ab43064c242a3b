using System.Numerics;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Explaining;

public class ShapleySamplerTests
{
    private static readonly Predictor Model = TinyModels.Fit(TaskKind.Regression, 1, "gbdt", "linear").Predictor;

    [Fact]
    public void Contributions_lie_within_their_errors_of_the_definition()
    {
        var (rows, background) = (Rows(3, 2), Rows(12, 7));
        var sampler = new ShapleySampler(Model, background, 6000, 1);
        var scores = Model.Predict(rows).Scores.ToArray();
        for (var row = 0; row < rows.RowCount; row++)
        {
            var (values, errors) = (new double[7], new double[6]);
            sampler.Explain(rows, scores, row, values, errors);
            var exact = Naive(rows.Take([row]), background);
            values.Sum().ShouldBe(scores[row], 1e-5 * Math.Abs(scores[row]));
            values[6].ShouldBe(exact[6], 1e-6 * Math.Abs(exact[6]));
            for (var c = 0; c < 6; c++)
                Math.Abs(values[c] - exact[c]).ShouldBeLessThan(5 * errors[c] + 1e-4);
            errors.Max().ShouldBeLessThan(0.1 * exact.Take(6).Max(Math.Abs));
        }
    }

    [Fact]
    public void A_row_is_explained_alike_alone_and_among_others()
    {
        var rows = Rows(4, 3);
        Explanation Of(Frame some) => new SampledRows(Model, new ShapleySampler(Model, Rows(10, 9), 200, 4)).Explain(some, false);
        Of(rows).Values[14..21].ShouldBe(Of(rows.Take([2])).Values);
    }

    [Fact]
    public void A_single_column_has_the_whole_difference()
    {
        var tiny = TinyModels.Fit(TaskKind.Regression, 1, "linear");
        var one = tiny.Predictor.Schema with { Columns = [.. tiny.Predictor.Schema.Columns.Where(c => c.Name is "age" or "outcome")] };
        var predictor = SmallTables.Fit(one, tiny.Predictor.Task, SmallTables.Numbers("age", 20, 30, 40, 50, 60, 70), [1, 2, 3, 4, 5, 7], "linear");
        var rows = SmallTables.Numbers("age", 65);
        var background = SmallTables.Numbers("age", 20, 40);
        var all = new SampledRows(predictor, new ShapleySampler(predictor, background, 100, 1)).Explain(rows, false);
        var compared = predictor.Predict(background).Scores;
        all.Values.ShouldBe([predictor.Predict(rows).Scores[0] - (compared[0] + compared[1]) / 2.0, (compared[0] + compared[1]) / 2.0], 1e-5);
    }

    // Shapley's sum over all sets of columns, each value the mean prediction with the columns outside of the set taken from
    // the background.
    private static double[] Naive(Frame row, Frame background)
    {
        var m = row.Columns.Length;
        var worth = new double[1 << m];
        for (var set = 0; set < worth.Length; set++)
        {
            var copies = new int[background.RowCount];
            var mixed = new Frame(background.RowCount, [.. background.Columns.Select((c, i) => (set >> i & 1) == 1 ? row.Columns[i].Take(copies) : c)]);
            worth[set] = Model.Predict(mixed).Scores.ToArray().Average(s => (double)s);
        }

        var values = new double[m + 1];
        for (var i = 0; i < m; i++)
            for (var set = 0; set < worth.Length; set++)
                if ((set >> i & 1) == 0)
                    values[i] += Weight(BitOperations.PopCount((uint)set)) * (worth[set | 1 << i] - worth[set]);
        values[m] = worth[0];
        return values;

        double Weight(int size) => Factorial(size) * Factorial(m - size - 1) / Factorial(m);

        double Factorial(int n) => n < 2 ? 1 : n * Factorial(n - 1);
    }

    private static Frame Rows(int count, int seed) => TinyModels.Bind(Model.Schema, TinyModels.Texts(count, seed));
}
