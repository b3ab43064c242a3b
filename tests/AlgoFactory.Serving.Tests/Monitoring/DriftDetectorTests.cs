using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Serving.Tests.Monitoring;

public sealed class DriftDetectorTests
{
    private const int Numbers = 6;
    private const int Categories = 4;
    private const int TrainingRows = 4000;
    private const int WindowRows = 300;

    private static readonly ImmutableArray<string> Levels = [.. Enumerable.Range(0, 30).Select(i => $"level {i}")];

    private static readonly ImmutableArray<ColumnSpec> Columns =
    [
        .. Enumerable.Range(0, Numbers).Select(i => new ColumnSpec($"number{i}", ColumnKind.Numeric, ColumnRole.Feature, 1, "made up")),
        .. Enumerable.Range(0, Categories).Select(i => new ColumnSpec($"kind{i}", ColumnKind.Categorical, ColumnRole.Feature, 1, "made up") { Levels = Levels }),
    ];

    [Theory]
    [InlineData(null, 200, DriftDetector.WindowsADay)]
    [InlineData(WindowRows, 100, DriftDetector.WindowsADay + DriftDetector.RowWindowsADay)]
    public void Without_drift_at_most_one_day_in_a_hundred_gives_an_alarm(int? windowRows, int days, int windows)
    {
        var random = new Sequence(11);
        var thresholds = new DriftThresholds { WindowRows = windowRows };
        var alarms = 0;
        var (detector, baselines) = Train(random, thresholds);
        for (var day = 0; day < days; day++)
        {
            // The training sample's own luck is part of it: a new one every ten days.
            if (day % 10 == 0)
                (detector, baselines) = Train(random, thresholds);
            var alarm = false;
            for (var window = 0; window < windows; window++)
                foreach (var baseline in baselines)
                    alarm |= detector.Compare(baseline, Window(random, baseline, WindowRows, 0, 0, 0)).HasDrifted;
            alarms += alarm ? 1 : 0;
        }

        alarms.ShouldBeLessThanOrEqualTo(days / 100);
    }

    [Fact]
    public void Without_the_limits_of_size_chance_alone_keeps_to_its_budget()
    {
        // The probabilities must carry the promise where thresholds of size are lowered: five times the budget, to be seen at all.
        var random = new Sequence(12);
        var thresholds = new DriftThresholds { FalseAlarmsADay = 0.5, Psi = 0, Distance = 0, MissingShare = 0, NewLevelShare = 0, FewestRows = 1 };
        const int days = 60;
        var alarms = 0;
        var (detector, baselines) = Train(random, thresholds);
        for (var day = 0; day < days; day++)
        {
            if (day % 5 == 0)
                (detector, baselines) = Train(random, thresholds);
            for (var window = 0; window < DriftDetector.WindowsADay; window++)
                foreach (var baseline in baselines)
                    alarms += detector.Compare(baseline, Window(random, baseline, WindowRows, 0, 0, 0)).HasDrifted ? 1 : 0;
        }

        // At most 30 are allowed on the average; 47 are three standard errors more.
        alarms.ShouldBeLessThanOrEqualTo(47);
    }

    [Theory]
    [InlineData(0.6, 0, 0, DriftCause.Distribution, "number0")]
    [InlineData(0, 0.12, 0, DriftCause.Missing, "number0")]
    [InlineData(0.6, 0, 0, DriftCause.Distribution, "kind0")]
    [InlineData(0, 0, 0.08, DriftCause.NewLevels, "kind0")]
    public void Real_drift_is_found_in_one_window(double shift, double missing, double fresh, DriftCause cause, string column)
    {
        var random = new Sequence(5);
        var found = 0;
        const int trials = 50;
        for (var trial = 0; trial < trials; trial++)
        {
            var (detector, baselines) = Train(random, new DriftThresholds());
            var drift = detector.Compare(baselines.Single(b => b.Spec.Name == column), Window(random, baselines.Single(b => b.Spec.Name == column), 500, shift, missing, fresh));
            found += drift.Cause == cause ? 1 : 0;
        }

        found.ShouldBeGreaterThanOrEqualTo(48);
    }

    [Fact]
    public void Profiles_of_earlier_programs_are_compared_in_bins_of_equal_width()
    {
        // Whole numbers that stand on the bins' edges.
        var spec = new ColumnSpec("n", ColumnKind.Numeric, ColumnRole.Feature, 1, "made up");
        var profile = new ColumnProfile("n", ColumnKind.Numeric, 210, 0, 21)
        {
            HistogramEdges = [.. Enumerable.Range(0, 21).Select(i => (double)i)],
            HistogramCounts = [.. Enumerable.Range(0, 20).Select(i => i == 19 ? 20L : 10L)],
        };
        var baseline = ColumnBaseline.Of(spec, profile);
        var counts = baseline.Count(new NumericColumn("n", [.. Enumerable.Range(0, 210).Select(i => (double)(i % 21))]));
        counts.Bins.ShouldBe(profile.HistogramCounts);
    }

    [Fact]
    public void A_whole_window_is_compared_the_worst_and_most_important_first()
    {
        var model = TinyModels.Fit();
        var rows = TinyModels.Bind(model.Predictor.Schema, TinyModels.Texts(2000, 1));
        var profile = ProfileOf(model.Predictor.Schema, rows) with { Predictions = new PredictionProfile(1000, [0.5], [500, 500]) { Classes = [500, 500] } };
        var detector = new DriftDetector(model.Predictor, profile, model.FeatureImportance, new DriftThresholds());
        var moved = TinyModels.Bind(model.Predictor.Schema, TinyModels.Texts(600, 2).Select(r => r.SetItem("age", "85").SetItem("city", "Paris")));
        var layout = new LogLayout(model.Predictor, LogPolicy.Everything);
        var predictions = model.Predictor.Predict(moved);
        var window = new LoggedRows(moved, predictions, [.. Enumerable.Range(0, 600).Select(predictions.ClassIndex)], new double[600], layout.Inputs);

        var columns = detector.Compare(window);
        columns.Where(c => c.HasDrifted).Select(c => c.Column).ShouldBe(["age", "city", DriftReport.Prediction], ignoreOrder: true);
        columns[0].Column.ShouldBe("age");
        columns[0].Importance.ShouldBe(0.75);
        columns.Single(c => c.Column == "income").HasDrifted.ShouldBeFalse();
        columns.ShouldNotContain(c => c.Column == "note", "texts are not logged");
    }

    private static (DriftDetector Detector, ImmutableArray<ColumnBaseline> Baselines) Train(Sequence random, DriftThresholds thresholds)
    {
        var profiles = Columns.Select(spec => spec.Kind == ColumnKind.Numeric ? NumberProfile(random, spec) : LevelProfile(random, spec)).ToImmutableArray();
        var predictor = new Predictor(new Schema(Columns, null), TinyModels.Task(TaskKind.Binary), TinyModels.Fit().Predictor.Members, new PostProcessing());
        var detector = new DriftDetector(predictor, new DatasetProfile(TrainingRows, profiles), [], thresholds);
        return (detector, [.. Columns.Zip(profiles, ColumnBaseline.Of)]);
    }

    private static ColumnProfile NumberProfile(Sequence random, ColumnSpec spec)
    {
        var values = Enumerable.Range(0, TrainingRows).Select(_ => Number(random, 0)).Order().ToArray();
        var (ends, counts) = Binning.EqualShares(values, Binning.UsualBins);
        return new ColumnProfile(spec.Name, spec.Kind, TrainingRows * 95 / 100, TrainingRows * 5 / 100, TrainingRows)
        {
            StandardDeviation = 1,
            BinEnds = [.. ends],
            BinCounts = [.. counts],
        };
    }

    private static ColumnProfile LevelProfile(Sequence random, ColumnSpec spec)
    {
        var counts = new long[Levels.Length];
        for (var i = 0; i < TrainingRows; i++)
            counts[Level(random, 0)]++;
        return new ColumnProfile(spec.Name, spec.Kind, TrainingRows, TrainingRows * 5 / 100, Levels.Length)
        {
            TopLevels = [.. counts.Select((c, i) => new LevelCount(Levels[i], c)).OrderByDescending(l => l.Count).Take(20)],
        };
    }

    private static WindowCounts Window(Sequence random, ColumnBaseline baseline, int rows, double shift, double missing, double fresh)
    {
        // Missing values are drawn apart, as the profile has them.
        const double usuallyMissing = 0.05;
        if (baseline.Spec.Kind == ColumnKind.Numeric)
        {
            var values = new double[rows];
            for (var i = 0; i < rows; i++)
                values[i] = random.Chance(usuallyMissing + missing) ? double.NaN : Number(random, shift);
            return baseline.Count(new NumericColumn(baseline.Spec.Name, values));
        }

        var codes = new int[rows];
        for (var i = 0; i < rows; i++)
            codes[i] = random.Chance(TrainingRows * 5 / 100 / (TrainingRows * 1.05) + missing) ? CategoryColumn.Missing : random.Chance(fresh) ? CategoryColumn.Unknown : Level(random, shift);
        return baseline.Count(new CategoryColumn(baseline.Spec.Name, codes, Levels));
    }

    // A skewed number, rounded so that values repeat.
    private static double Number(Sequence random, double shift) => Math.Round(-Math.Log(1 - random.NextDouble()) + shift, 2);

    // Frequent levels first.
    private static int Level(Sequence random, double shift) =>
        shift > 0 && random.Chance(shift) ? 7 : (int)(Levels.Length * random.NextDouble() * random.NextDouble());

    private static DatasetProfile ProfileOf(Schema schema, Frame rows) => new(rows.RowCount, [.. rows.Columns.Select(c => ProfileOf(schema.Find(c.Name)!, c))]);

    private static ColumnProfile ProfileOf(ColumnSpec spec, Column column)
    {
        var missing = Enumerable.Range(0, column.Length).Count(column.IsMissing);
        var profile = new ColumnProfile(spec.Name, spec.Kind, column.Length - missing, missing, 10);
        if (column is CategoryColumn categories)
            return profile with { TopLevels = [.. categories.Codes.ToArray().Where(c => c >= 0).GroupBy(c => c).Select(g => new LevelCount(categories.Levels[g.Key], g.Count())).OrderByDescending(l => l.Count)] };
        if (column is not NumericColumn numbers || spec.Kind != ColumnKind.Numeric)
            return profile;
        var (ends, counts) = Binning.EqualShares(numbers.Values.ToArray().Where(v => !double.IsNaN(v)).Order().ToArray(), Binning.UsualBins);
        return profile with { BinEnds = [.. ends], BinCounts = [.. counts], StandardDeviation = 1 };
    }
}
