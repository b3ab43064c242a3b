using System.Text;
using System.Text.Json;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Query;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Serving.Registry;
using AlgoFactory.Serving.Tests.Deployments;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Serving.Tests.Monitoring;

public sealed class PredictionLogTests : IDisposable
{
    private static readonly ModelVersion Version = new("people", 3, "hash");

    private readonly TempFolder _folder = new();
    private readonly ManualClock _clock = new() { Now = new DateTimeOffset(2026, 5, 4, 10, 30, 0, TimeSpan.Zero) };
    private readonly PredictionIds _ids;
    private readonly LogParts _parts;

    public PredictionLogTests()
    {
        _ids = new PredictionIds(_clock);
        _parts = new LogParts(_folder.Path, new ReadOptions { Threads = 1 }, _clock);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(TaskKind.Binary)]
    [InlineData(TaskKind.Multiclass)]
    [InlineData(TaskKind.Regression)]
    public void What_was_predicted_comes_back_bit_by_bit(TaskKind kind)
    {
        var model = TinyModels.Fit(kind).Predictor;
        var log = NewLog();
        var texts = TinyModels.Texts(300, 9);
        var expected = TinyModels.Bind(model.Schema, texts);
        foreach (var chunk in texts.Chunk(7))
            Predict(log, model, chunk);
        log.Flush(_parts);

        var read = Read(model, new LogPolicy { Texts = true })!;
        read.Rows.RowCount.ShouldBe(300);
        log.Logged.ShouldBe(300);
        log.QueuedBytes.ShouldBe(0);
        foreach (var column in expected.Columns)
            for (var row = 0; row < 300; row++)
                Value(read.Rows[column.Name], row).ShouldBe(Value(column, row), $"{column.Name}, row {row}");
        var again = model.Predict(read.Rows);
        read.Predictions!.Scores.ToArray().ShouldBe(again.Scores.ToArray());
        for (var row = 0; kind != TaskKind.Regression && row < 300; row++)
            read.Classes[row].ShouldBe(again.ClassIndex(row));
    }

    [Fact]
    public void Masked_columns_and_texts_are_not_written()
    {
        var model = TinyModels.Fit().Predictor;
        var policy = new LogPolicy { Masked = ["AGE"] };
        var log = NewLog(policy);
        Predict(log, model, TinyModels.Texts(5, 1));
        log.Flush(_parts);

        using var query = PartsQuery.Open(_parts.List().Select(p => p.Path), _parts.Options);
        query.Columns().ShouldBe(
            ["prediction_id", "prediction_row", "predicted_at", "prediction", "confidence", "score:0", "x:income", "x:city", "x:member", "x:joined", "deployment", "model", "version"]);
        var read = Read(model, policy)!;
        read.Inputs.Select(i => i.Spec.Name).ShouldBe(["income", "city", "member", "joined"]);
        read.Rows["age"].IsMissing(0).ShouldBeTrue();
    }

    [Fact]
    public void A_level_that_the_model_does_not_know_is_logged_as_it_stood_there()
    {
        var model = TinyModels.Fit().Predictor;
        var log = NewLog();
        Predict(log, model, Enumerable.Range(0, 30).Select(i => TinyModels.Texts(1, i)[0].SetItem("city", i % 3 == 0 ? "Oslo" : i % 3 == 1 ? "Rom" : "Wien")));
        log.Flush(_parts);

        var read = Read(model, LogPolicy.Everything)!;
        read.NewLevels["city"].Select(l => (l.Level, l.Count)).ShouldBe([("Oslo", 10L), ("Rom", 10L)]);
        ((CategoryColumn)read.Rows["city"]).Codes.ToArray().Count(c => c == CategoryColumn.Unknown).ShouldBe(20);
    }

    [Fact]
    public void What_there_is_no_room_for_is_dropped_and_counted_and_waits_for_nothing()
    {
        var model = TinyModels.Fit().Predictor;
        var log = new PredictionLog(new PredictionLogOptions { QueueBytes = 300 << 10 }, _ids, _clock);
        for (var i = 0; i < 20; i++)
            Predict(log, model, TinyModels.Texts(500, i));
        log.Dropped.ShouldBeGreaterThan(0);
        (log.Logged + log.Dropped).ShouldBe(10_000);
        (log.Unplaced, log.Unwritten).ShouldBe((log.Dropped, 0));
        log.DroppedByDeployment.Sum(d => d.Value).ShouldBe(log.Dropped);
        log.QueuedBytes.ShouldBeLessThanOrEqualTo(300 << 10);
        log.IsFilling.ShouldBeTrue();

        log.Flush(_parts);
        Read(model, LogPolicy.Everything)!.Rows.RowCount.ShouldBe((int)log.Logged);
        var before = log.Dropped;
        Predict(log, model, TinyModels.Texts(100, 1));
        log.Dropped.ShouldBe(before);
    }

    [Fact]
    public void A_deployment_whose_folder_cannot_be_written_keeps_no_other_waiting()
    {
        var model = TinyModels.Fit().Predictor;
        var log = NewLog(LogPolicy.Everything);
        // No folder can be made where a file is: of three, one is in the way whichever comes first.
        File.WriteAllText(System.IO.Path.Combine(_folder.Path, "deployment=b"), "");
        foreach (var deployment in (string[])["a", "b", "c"])
            Predict(log, model, TinyModels.Texts(10, 1), deployment);
        Should.Throw<IOException>(() => log.Flush(_parts));
        (log.Logged, log.Dropped, log.QueuedBytes).ShouldBe((20, 10, 0));
        (log.Unplaced, log.Unwritten).ShouldBe((0, 10));
        log.DroppedByDeployment.ShouldBe([new("b", 10)]);
        _parts.List().Select(p => p.Deployment).ShouldBe(["a", "c"], ignoreOrder: true);
    }

    [Fact]
    public void What_a_killed_process_had_begun_is_passed_over_and_removed_when_it_is_old()
    {
        var model = TinyModels.Fit().Predictor;
        var log = NewLog(LogPolicy.Everything);
        Predict(log, model, TinyModels.Texts(10, 1));
        log.Flush(_parts);
        var part = _parts.List().ShouldHaveSingleItem().Path;
        var (old, fresh) = ($"{part}.{Guid.NewGuid():N}.tmp", $"{part}.{Guid.NewGuid():N}.tmp");
        foreach (var (path, hours) in new[] { (old, 2), (fresh, 0) })
        {
            File.WriteAllBytes(path, File.ReadAllBytes(part)[..100]);
            File.SetLastWriteTimeUtc(path, _clock.Now.UtcDateTime.AddHours(-hours));
        }

        Read(model, LogPolicy.Everything)!.Rows.RowCount.ShouldBe(10);
        _parts.Remove(DateTimeOffset.MinValue, long.MaxValue).ShouldBe(0);
        (File.Exists(old), File.Exists(fresh), File.Exists(part)).ShouldBe((false, true, true));
    }

    [Fact]
    public void A_share_is_logged_and_the_id_tells_which()
    {
        var model = TinyModels.Fit().Predictor;
        var log = NewLog(new LogPolicy { Share = 0.25 });
        var logged = 0;
        for (var i = 0; i < 400; i++)
        {
            using var rows = Bind(model, TinyModels.Texts(1, i));
            var taken = log.Identify("churn", rows);
            _ids.TryRead(PredictionIds.Text(rows.MadeId), out var issued).ShouldBeTrue();
            issued.IsLogged.ShouldBe(taken);
            logged += taken ? 1 : 0;
        }

        logged.ShouldBeInRange(50, 150);
        using var other = Bind(model, TinyModels.Texts(1, 1));
        log.Identify(null, other).ShouldBeFalse();
        var off = new PredictionLog(new PredictionLogOptions { Enabled = false }, _ids, _clock);
        off.Identify("churn", other).ShouldBeFalse();
    }

    [Fact]
    public void Parts_of_a_past_hour_are_joined_and_old_ones_removed()
    {
        var model = TinyModels.Fit().Predictor;
        var log = NewLog();
        for (var i = 0; i < 6; i++)
        {
            Predict(log, model, TinyModels.Texts(10, i));
            _clock.Now = _clock.Now.AddMinutes(4);
            log.Flush(_parts);
        }

        _parts.List().Length.ShouldBe(6);
        _parts.Join(default);
        _parts.List().Length.ShouldBe(6, "the hour is not over");
        _clock.Now = _clock.Now.AddHours(1);
        _parts.Join(default);
        var joined = _parts.List().ShouldHaveSingleItem();
        joined.IsJoined.ShouldBeTrue();
        Read(model, LogPolicy.Everything)!.Rows.RowCount.ShouldBe(60);
        _folder.Files.Count().ShouldBe(1);

        // A kill after the rename leaves what was joined: it counts once.
        Predict(log, model, TinyModels.Texts(10, 7));
        log.Flush(_parts);
        _parts.List().Length.ShouldBe(2);
        _parts.Remove(_clock.Now.AddMinutes(-1), long.MaxValue).ShouldBe(1);
        _parts.Remove(DateTimeOffset.MinValue, 0).ShouldBe(1);
        _parts.List().ShouldBeEmpty();
    }

    [Fact]
    public void Labels_are_joined_to_the_rows_that_they_are_of()
    {
        var model = TinyModels.Fit().Predictor;
        var log = NewLog();
        var ids = new List<string>();
        for (var i = 0; i < 10; i++)
            ids.Add(Predict(log, model, TinyModels.Texts(2, i)));
        log.Flush(_parts);

        var reader = new LogReader(_parts);
        KnownLabel[] labels = [new(ids[3], 1, "yes"), new(ids[4], 0, "no"), new(ids[4], 1, "perhaps"), new("none", 0, "yes"), new(ids[5], 9, "yes")];
        var read = reader.Read("churn", "people", 3, model, LogPolicy.Everything, _clock.Now.AddHours(-1), _clock.Now.AddHours(1), 100, labels: labels)!;
        read.Labels.Order().ShouldBe([-1f, 0f, 1f]);
        reader.Find([ids[0], "none"], _clock.Now.AddHours(-1), _clock.Now.AddHours(1)).ShouldBe([ids[0]]);
        reader.Count("churn", "people", 3, _clock.Now.AddHours(-1), _clock.Now.AddHours(1)).ShouldBe(20);
        reader.Read("churn", "people", 4, model, LogPolicy.Everything, _clock.Now.AddHours(-1), _clock.Now.AddHours(1), 100).ShouldBeNull();
    }

    [Fact]
    public void Taking_a_row_allocates_nothing()
    {
        var model = MixedModel.Fit(2, 200).Predictor;
        var log = NewLog();
        var binder = new RowBinder(model.Schema);
        using var rows = binder.BindJson(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { rows = new[] { MixedModel.Row(new Random(7)) } })));
        var predictions = model.Predict(rows.Frame);
        log.Identify("churn", rows);
        log.Take("churn", Version, model, rows, predictions);
        Allocation.Least(() =>
        {
            for (var i = 0; i < 10; i++)
                if (log.Identify("churn", rows))
                    log.Take("churn", Version, model, rows, predictions);
        }).ShouldBe(0);
    }

    private PredictionLog NewLog(LogPolicy? policy = null) => new(new PredictionLogOptions { Policy = policy ?? new LogPolicy { Texts = true } }, _ids, _clock);

    private LoggedRows? Read(Predictor model, LogPolicy policy) =>
        new LogReader(_parts).Read("churn", "people", 3, model, policy, _clock.Now.AddHours(-5), _clock.Now.AddHours(1), 100_000);

    private static BoundRows Bind(Predictor model, IEnumerable<IReadOnlyDictionary<string, string>> rows) =>
        new RowBinder(model.Schema).BindJson(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { rows })));

    private string Predict(PredictionLog log, Predictor model, IEnumerable<IReadOnlyDictionary<string, string>> texts, string deployment = "churn")
    {
        using var rows = Bind(model, texts);
        var isLogged = log.Identify(deployment, rows);
        var predictions = model.Predict(rows.Frame);
        if (isLogged)
            log.Take(deployment, Version, model, rows, predictions);
        _clock.Now = _clock.Now.AddMilliseconds(1);
        return PredictionIds.Text(rows.MadeId);
    }

    private static object? Value(Column column, int row) => column switch
    {
        NumericColumn numbers => numbers.Values[row],
        CategoryColumn categories => categories.Codes[row] >= 0 ? categories.Levels[categories.Codes[row]] : categories.Codes[row],
        TextColumn texts => texts.Values[row],
        _ => throw new InvalidOperationException(),
    };
}
