using System.Collections.Immutable;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Streaming;

namespace AlgoFactory.Hosting.Training;

/// <summary>What came of fitting the winner on all rows.</summary>
/// <param name="Predictor">The predictor to keep.</param>
/// <param name="Rows">The rows that its models learned from.</param>
/// <param name="Warning">What the user should know.</param>
internal sealed record WholeTable(Predictor Predictor, long Rows, string Warning);

/// <summary>
/// After a search on a sample of a table that is too large for memory: fits the winner's streaming members again, on all
/// rows, which are read and made into features batch by batch. Parameters, shares and threshold stay those of the sample.
/// </summary>
internal sealed class WholeTableFit(LearnerCatalog catalog, TimeProvider clock)
{
    private const int BatchRows = 16_384;

    /// <summary>Fits again where it can be done, within the time there is; else keeps the sample's models and says why.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="table">The sample.</param>
    /// <param name="winner">The winner.</param>
    /// <param name="total">Rows of the file.</param>
    /// <param name="deadline">When the models must be there, or null.</param>
    /// <param name="cancellation">Ends it.</param>
    public WholeTable Run(
        TrainRequest request, TrainingTable table, Predictor winner, long total, DateTimeOffset? deadline, CancellationToken cancellation)
    {
        var sampled = table.Data.Train.RowCount;
        var opening = $"All {total} rows would take too much memory: the search saw {sampled} of them, drawn evenly,";
        using var cutOff = deadline is { } end ? new CancellationTokenSource(Left(end), clock) : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, cutOff.Token);
        var members = winner.Members.ToBuilder();
        var rows = 0L;
        try
        {
            for (var i = 0; i < members.Count; i++)
            {
                if (catalog[members[i].Learner] is not IStreamingLearner learner || members[i].Pipeline is { UsesLabels: true } or { SparseWidth: > 0 })
                    continue;
                using var source = DataSource.Open(request.File, request.Read);
                var stream = new RowStream(source, table, members[i].Pipeline);
                // Half a model on all rows is no better than a whole one on a sample: it is finished, or cut off.
                var outcome = learner.FitStream(
                    new StreamedTrainingSet { Task = table.Task, Rows = stream.Rows }, members[i].Parameters,
                    new FitContext(request.Seed, Math.Max(1, request.Threads), null, clock, null, either.Token));
                members[i] = members[i] with { Model = outcome.Model };
                rows = stream.RowCount;
            }
        }
        catch (OperationCanceledException) when (cutOff.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            return new WholeTable(winner, sampled, $"{opening} and there was no time left to fit the winner on all of them. Allow a longer budget for a better model.");
        }

        if (rows == 0)
            return new WholeTable(winner, sampled, $"{opening} and the model is the one of these. Boosted trees on columns of numbers, dates and categories could learn from all rows: leave out text columns and categories of very many levels.");
        var predictor = new Predictor(winner.Schema, winner.Task, members.ToImmutable(), winner.Post);
        var refitted = members.Count == 1 ? "the winner" : $"{winner.Members.Zip(members).Count(m => m.First != m.Second)} of the winner's {members.Count} models";
        return new WholeTable(predictor, rows, $"{opening} and {refitted} then learned from all {rows} rows with a label. The scores are those of the sample.");
    }

    private TimeSpan Left(DateTimeOffset end)
    {
        var left = end - clock.GetUtcNow();
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>The rows of a file as a pipeline's features.</summary>
    private sealed class RowStream
    {
        private readonly DataSource _source;
        private readonly TrainingTable _table;
        private readonly FeaturePipeline _pipeline;

        public RowStream(DataSource source, TrainingTable table, FeaturePipeline pipeline)
        {
            (_source, _table, _pipeline) = (source, table, pipeline);
            Rows = new BatchFeatureStream(pipeline.DenseFeatures, !table.Data.TrainWeights.IsEmpty, Batches);
        }

        public BatchFeatureStream Rows { get; }

        /// <summary>Rows of the last pass.</summary>
        public long RowCount { get; private set; }

        private IEnumerable<LabelledBatch> Batches(CancellationToken cancellation)
        {
            RowCount = 0;
            var schema = _table.Data.Schema;
            ImmutableArray<ColumnSpec> columns = [.. schema.Columns.Where(c => c.Role != ColumnRole.Ignore)];
            foreach (var batch in _source.Records(columns, BatchRows, cancellation))
            {
                // A broken record has no label either.
                var (frame, labels) = TrainingTable.Labelled(batch.Rows, _table.Task, out _, out _);
                if (labels.Length == 0)
                    continue;
                RowCount += labels.Length;
                yield return new LabelledBatch(_pipeline.Transform(frame), labels, TrainingTable.Weights(frame, schema));
            }
        }
    }
}
