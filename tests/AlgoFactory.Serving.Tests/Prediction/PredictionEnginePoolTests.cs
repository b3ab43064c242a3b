using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Serving.Registry;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Serving.Tests.Prediction;

[Collection(AloneTests.Name)]
public sealed class PredictionEnginePoolTests
{
    private const int NoLeaf = 1_000_404;
    private const int NotFinite = 1_000_405;

    private static readonly ModelFile Model = TinyModels.Fit(TaskKind.Regression);

    [Fact]
    public async Task What_was_swapped_in_is_rented()
    {
        using var pool = Pool();
        pool.Rent("d").ShouldBeNull();
        await pool.SwapAsync("d", Version(1));
        using (var lease = pool.Rent("d")!)
        {
            lease.Version.Version.ShouldBe(1);
            Score(lease).ShouldBe(1);
            pool.List().Single().Leases.ShouldBe(1);
        }

        pool.List().Single().ShouldSatisfyAllConditions(
            s => s.Leases.ShouldBe(0), s => s.Deployment.ShouldBe("d"), s => s.Version.Version.ShouldBe(1));
        await pool.SwapAsync("e", Version(7));
        pool.List().Select(s => s.Deployment).ShouldBe(["d", "e"]);
    }

    [Fact]
    public async Task A_lease_keeps_its_version_and_the_old_one_is_freed_with_the_last()
    {
        var made = new ConcurrentBag<CountingModel>();
        using var pool = Pool(made);
        await pool.SwapAsync("d", Version(1));
        var first = pool.Rent("d")!;
        var second = pool.Rent("d")!;
        await pool.SwapAsync("d", Version(2));
        Score(first).ShouldBe(1);
        using (var third = pool.Rent("d")!)
            Score(third).ShouldBe(2);
        first.Dispose();
        first.Dispose();
        made.Single(m => m.Version == 1).Freed.ShouldBeFalse();
        Score(second).ShouldBe(1);
        second.Dispose();
        made.Single(m => m.Version == 1).Freed.ShouldBeTrue();
        made.Single(m => m.Version == 2).Freed.ShouldBeFalse();
        Should.Throw<ObjectDisposedException>(() => second.Predictor);
    }

    [Fact]
    public async Task A_load_that_fails_leaves_what_served()
    {
        using var pool = Pool();
        await pool.SwapAsync("d", Version(1));
        await Should.ThrowAsync<ArtefactFormatException>(() => pool.SwapAsync("d", Version(-1)));
        await Should.ThrowAsync<ArtefactFormatException>(() => pool.SwapAsync("new", Version(-1)));
        using var lease = pool.Rent("d")!;
        Score(lease).ShouldBe(1);
        pool.Rent("new").ShouldBeNull();
    }

    [Fact]
    public async Task A_model_that_cannot_predict_never_serves()
    {
        using var pool = Pool();
        (await Should.ThrowAsync<ArtefactFormatException>(() => pool.SwapAsync("d", Version(NoLeaf)))).Message.ShouldContain("fails to predict");
        (await Should.ThrowAsync<ArtefactFormatException>(() => pool.SwapAsync("d", Version(NotFinite)))).Message.ShouldContain("not finite");
        pool.Rent("d").ShouldBeNull();
    }

    [Fact]
    public async Task A_model_is_warmed_before_it_serves()
    {
        var made = new ConcurrentBag<CountingModel>();
        using var pool = Pool(made);
        using var prepared = await pool.PrepareAsync(Version(1));
        made.Single().Rows.ShouldBeGreaterThan(30);
        pool.Rent("d").ShouldBeNull();
        pool.Publish("d", prepared, 5);
        pool.Find("d")!.Revision.ShouldBe(5);
        Should.Throw<ObjectDisposedException>(() => pool.Publish("d", prepared, 6));
    }

    [Fact]
    public async Task What_is_removed_finishes_its_requests()
    {
        var made = new ConcurrentBag<CountingModel>();
        using var pool = Pool(made);
        await pool.SwapAsync("d", Version(1));
        var lease = pool.Rent("d")!;
        pool.Remove("d").ShouldBeTrue();
        pool.Remove("d").ShouldBeFalse();
        pool.Rent("d").ShouldBeNull();
        Score(lease).ShouldBe(1);
        lease.Dispose();
        made.Single().Freed.ShouldBeTrue();
        var unused = await pool.PrepareAsync(Version(2));
        unused.Dispose();
        made.Single(m => m.Version == 2).Freed.ShouldBeTrue();
    }

    [Fact]
    public async Task Under_load_six_hundred_swaps_mix_no_versions_and_free_every_model()
    {
        const int Swaps = 600;
        var made = new ConcurrentBag<CountingModel>();
        using var pool = Pool(made);
        await pool.SwapAsync("d", Version(1));
        using var stop = new CancellationTokenSource();
        var renters = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            var answers = 0;
            while (!stop.IsCancellationRequested)
            {
                using var lease = pool.Rent("d")!;
                // The model throws when it is used after it was freed.
                Score(lease).ShouldBe(lease.Version.Version);
                lease.Version.Hash.ShouldBe($"hash-{lease.Version.Version}");
                answers++;
            }

            return answers;
        })).ToArray();
        var memory = new List<long>();
        for (var i = 2; i <= Swaps; i++)
        {
            using var prepared = await pool.PrepareAsync(Version(i));
            pool.Publish("d", prepared, i);
            if (i % 100 == 0)
                memory.Add(GC.GetTotalMemory(forceFullCollection: true));
        }

        await stop.CancelAsync();
        (await Task.WhenAll(renters)).ShouldAllBe(answers => answers > 10);
        pool.List().Single().Leases.ShouldBe(0);
        made.Count.ShouldBe(Swaps);
        made.Count(m => !m.Freed).ShouldBe(1);
        pool.Dispose();
        made.ShouldAllBe(m => m.Freed);
        // The renters allocate while memory is read, which only ever adds: the least of three readings is near the truth.
        (memory.TakeLast(3).Min() - memory.Take(3).Min()).ShouldBeLessThan(4 << 20);
    }

    [Fact]
    public async Task Removing_and_making_deployments_under_load_never_breaks_a_lease()
    {
        using var pool = Pool();
        using var stop = new CancellationTokenSource();
        var renters = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var lease = pool.Rent("d");
                if (lease is not null)
                    Score(lease).ShouldBe(lease.Version.Version);
            }
        })).ToArray();
        for (var i = 1; i <= 300; i++)
        {
            await pool.SwapAsync("d", Version(i));
            pool.Remove("d").ShouldBeTrue();
        }

        await stop.CancelAsync();
        await Task.WhenAll(renters);
    }

    [Fact]
    public async Task One_row_from_body_to_answer_stays_within_its_budget()
    {
        using var pool = new PredictionEnginePool(_ => MixedModel.Fit(20, 500));
        await pool.SwapAsync("d", Version(1));
        var body = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new { rows = new[] { MixedModel.Row(new Random(7)) } });
        var to = new System.Buffers.ArrayBufferWriter<byte>(4096);
        for (var i = 0; i < 200; i++)
            Answer();
        // The lease, the bound rows, the scores and the predictions.
        Allocation.Least(Answer).ShouldBeLessThanOrEqualTo(256);

        void Answer()
        {
            to.ResetWrittenCount();
            using var lease = pool.Rent("d")!;
            using var rows = lease.Binder.BindJson(body);
            PredictionResponseWriter.Write(to, rows.RequestId, lease.Version, lease.Predictor.Predict(rows.Frame), rows.Warnings);
        }
    }

    [Fact]
    public async Task Large_requests_are_predicted_part_by_part_and_end_when_nobody_waits()
    {
        using var pool = new PredictionEnginePool(_ => MixedModel.Fit(5, 300));
        await pool.SwapAsync("d", Version(1));
        using var lease = pool.Rent("d")!;
        var random = new Random(3);
        var body = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new { rows = Enumerable.Range(0, 300).Select(_ => MixedModel.Row(random)) });
        using var some = lease.Binder.BindJson(body);
        // More rows than are predicted at once.
        var many = some.Frame.Take([.. Enumerable.Range(0, 10_000).Select(i => i % 300)]);
        var deadline = new RequestDeadline(System.Diagnostics.Stopwatch.GetTimestamp(), TimeSpan.FromHours(1));
        lease.Predict(many, deadline).Scores.ToArray().ShouldBe(lease.Predictor.Predict(many).Scores.ToArray());
        Should.Throw<TimeoutException>(() => lease.Predict(many, deadline with { Limit = TimeSpan.Zero })).Message.ShouldContain("more time");
        Should.Throw<OperationCanceledException>(() => lease.Predict(many, deadline with { Caller = new CancellationToken(true) }));
    }

    private static float Score(PredictionLease lease)
    {
        var bound = lease.Binder.BindJson("{\"rows\":[{\"age\":1}]}"u8);
        return lease.Predictor.Predict(bound.Frame).Value(0);
    }

    private static ModelVersion Version(int version) => new("m", version, "");

    private static PredictionEnginePool Pool(ConcurrentBag<CountingModel>? made = null) => new(version =>
    {
        if (version.Version < 0)
            throw new ArtefactFormatException("The file is broken.");
        var model = new CountingModel(version.Version);
        made?.Add(model);
        var member = Model.Predictor.Members[0] with { Model = model };
        return Model with
        {
            Predictor = new Predictor(Model.Predictor.Schema, Model.Predictor.Task, [member], new PostProcessing()),
            Hash = $"hash-{version.Version}",
        };
    });

    /// <summary>Scores each row with its own version, and fails when it is used after it was freed or freed twice.</summary>
    private sealed class CountingModel(int version) : IModel, IDisposable
    {
        private float[]? _memory = new float[16_384];
        private int _freed;
        private int _rows;

        public int Version => version;

        public bool Freed => Volatile.Read(ref _freed) == 1;

        public int Rows => Volatile.Read(ref _rows);

        public string Format => "counting/1";

        public int OutputWidth => 1;

        public void Predict(FeatureBatch rows, Span<float> scores)
        {
            if (version == NoLeaf)
                throw new IndexOutOfRangeException("No such leaf.");
            Interlocked.Add(ref _rows, rows.RowCount);
            var memory = _memory ?? throw new ObjectDisposedException(nameof(CountingModel));
            scores.Fill(version == NotFinite ? float.NaN : version + memory[version % memory.Length]);
            ObjectDisposedException.ThrowIf(Freed, this);
        }

        public void Write(ArtefactSectionWriter to) => throw new NotSupportedException("Lives in memory only.");

        public void Dispose()
        {
            Interlocked.Increment(ref _freed).ShouldBe(1);
            _memory = null;
        }
    }
}
