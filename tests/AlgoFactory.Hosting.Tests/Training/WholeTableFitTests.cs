using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Hosting.Tests.Training;

public sealed class WholeTableFitTests : IDisposable
{
    private const int Rows = 2000;
    private static readonly LearnerCatalog Trees = new(BuiltIn.Catalog["baseline"], BuiltIn.Catalog["gbdt"]);
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_table_that_takes_too_much_memory_is_searched_on_a_sample_and_learned_whole()
    {
        var request = Request(Table(text: false));

        var report = await new TrainModel(Trees, TimeProvider.System).RunAsync(request, null, default);

        report.Best.Learner.ShouldBe("gbdt");
        report.Rows.ShouldBe(Rows - Rows / 10);
        report.Warnings.ShouldContain(w => w.StartsWith($"All {Rows} rows would take too much memory: the search saw ", StringComparison.Ordinal)
            && w.Contains($"the winner then learned from all {report.Rows} rows with a label."));
        var model = ModelFile.Load(request.OutputPath, BuiltIn.Readers);
        model.Lineage.Rows.ShouldBe(report.Rows);
        // The score before any tree tells the labels' mean, of all rows and not of the sample.
        var labelled = Enumerable.Range(0, Rows).Where(i => i % 10 != 0).ToArray();
        var share = labelled.Count(IsPositive) / (double)labelled.Length;
        var score = ((GbdtModel)model.Predictor.Members.Single().Model).BaseScores[0];
        (1 / (1 + Math.Exp(-score))).ShouldBe(share, 1e-6);
    }

    [Fact]
    public async Task Texts_cannot_be_streamed_and_leave_the_samples_model()
    {
        var request = Request(Table(text: true));

        var report = await new TrainModel(Trees, TimeProvider.System).RunAsync(request, null, default);

        report.Rows.ShouldBeLessThan(Rows * 3 / 4);
        report.Warnings.ShouldContain(w => w.Contains($"the search saw {report.Rows} of them") && w.Contains("leave out text columns"));
    }

    [Fact]
    public async Task The_samples_model_stays_when_time_is_up()
    {
        var request = Request(Table(text: false));
        await new TrainModel(Trees, TimeProvider.System).RunAsync(request, null, default);
        var winner = ModelFile.Load(request.OutputPath, BuiltIn.Readers).Predictor;
        using var source = DataSource.Open(request.File, request.Read);
        var description = source.Describe();
        var decision = SchemaDesign.Decide(description, request.Label, "binary", [], []);
        var table = TrainingTable.Load(request, source, decision.Schema, TaskKind.Binary, description.Profile, default);

        var whole = new WholeTableFit(Trees, TimeProvider.System).Run(request, table, winner, Rows, DateTimeOffset.UtcNow, default);

        whole.Predictor.ShouldBe(winner);
        whole.Rows.ShouldBe(table.Data.Train.RowCount);
        whole.Warning.ShouldContain("no time left");
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Should.Throw<OperationCanceledException>(() => new WholeTableFit(Trees, TimeProvider.System).Run(request, table, winner, Rows, null, cancelled.Token));
    }

    private TrainRequest Request(string file) => new()
    {
        File = file,
        DataName = "large",
        Label = "target",
        Positive = "a",
        Trials = 1,
        StartedAt = DateTimeOffset.UtcNow,
        OutputPath = _folder["model.afm"],
        Threads = 2,
        // Three columns of 16 bytes a row: about half of them.
        MaxTableBytes = Rows * 8,
    };

    /// <summary>Not without exceptions: nothing would ever stop boosting early.</summary>
    private static bool IsPositive(int i) => i * 37 % 100 + i % 3 * 40 > 90 != (i * 7919L % 13 == 0);

    /// <summary>Two columns that decide the label; every tenth row lacks it.</summary>
    private string Table(bool text)
    {
        var lines = Enumerable.Range(0, Rows).Select(i =>
            $"{i * 37 % 100},{(i % 3) switch { 0 => "red", 1 => "blue", _ => "green" }},{(i % 10 == 0 ? "" : IsPositive(i) ? "a" : "b")}" +
            (text ? $",the {i} cats of {i * 7 % 1000} houses sat on {i % 77} mats" : ""));
        return _folder.Write("table.csv", $"amount,colour,target{(text ? ",story" : "")}\n{string.Join('\n', lines)}\n");
    }
}
