using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using AlgoFactory.Data;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Hosting.Evaluation;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners.Networks;

namespace AlgoFactory.Hosting.Exporting;

/// <summary>How to make a model's networks smaller.</summary>
/// <param name="Int8">Whether weights and what they are multiplied with become 8-bit numbers.</param>
/// <param name="Prune">The share of weights that become 0; null: none.</param>
public sealed record CompressionRequest(bool Int8, double? Prune)
{
    /// <summary>In words.</summary>
    public string Method => string.Join(", ", ((string?[])
    [
        Prune is { } share ? string.Create(CultureInfo.InvariantCulture, $"prune {share:0.###}") : null,
        Int8 ? "int8" : null,
    ]).Where(m => m is not null));
}

/// <summary>The compress use case: a model whose networks are made smaller, and measured before and after.</summary>
public static class CompressModel
{
    private const int TimedRows = 32;
    private const int Rounds = 5;

    /// <summary>Compresses a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="request">How.</param>
    /// <param name="file">A file with the model's columns and its label.</param>
    /// <param name="output">The model file to write: whole, or not at all.</param>
    /// <param name="read">How to read the table.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <exception cref="LearningException">The model has no network, or none that would change.</exception>
    /// <exception cref="DataFormatException">The table cannot be read, or has no labelled row.</exception>
    /// <exception cref="UsageException">Nothing is asked for, or the output cannot be written there.</exception>
    public static CompressionReport Run(ModelFile model, CompressionRequest request, string file, string output, ReadOptions read, CancellationToken cancellation)
    {
        if (!request.Int8 && request.Prune is null)
            throw new UsageException("Say how to compress: --int8, --prune SHARE, or both.");
        if (request.Prune is not null and not (> 0 and < 1))
            throw new UsageException("--prune takes a share of the weights between 0 and 1, such as 0.5.");
        OutputOption.Check(output);
        if (!model.Predictor.Members.Any(m => m.Model is INetworkModel))
            throw new LearningException($"The model has no network that could be made smaller: its learners are {string.Join(", ", model.Predictor.Members.Select(m => $"'{m.Learner}'").Distinct())}.");

        var small = model with { Predictor = Compressed(model.Predictor, request) };
        if (small.Predictor.Members.Zip(model.Predictor.Members).All(m => m.First.Model is not INetworkModel network || network.Graph.SequenceEqual(((INetworkModel)m.Second.Model).Graph)))
            throw new LearningException("The model's networks have 8-bit weights already: nothing of them would change. To prune them too, compress the model as it was trained.");
        var (before, rows) = Measure(model, file, read, cancellation);
        var (after, _) = Measure(small, file, read, cancellation);
        var done = new NetworkCompression(request.Method, Path.GetFileName(file), rows, model.Lineage.Metric, before, after);
        (small with { Lineage = model.Lineage with { Compression = model.Lineage.Compression.Add(done) } }).Save(output);
        return new CompressionReport(output, done);
    }

    private static Predictor Compressed(Predictor predictor, CompressionRequest request)
    {
        // Members may share a model: it is compressed once.
        var done = new Dictionary<IModel, IModel>(ReferenceEqualityComparer.Instance);
        return new Predictor(predictor.Schema, predictor.Task, [.. predictor.Members.Select(m => m with { Model = Of(m.Model) })], predictor.Post);

        IModel Of(IModel model)
        {
            if (model is not INetworkModel network)
                return model;
            return done.TryGetValue(model, out var known) ? known : done[model] = SmallerNetwork.Of(network, request.Prune, request.Int8);
        }
    }

    private static (CompressedSize Size, long Rows) Measure(ModelFile model, string file, ReadOptions read, CancellationToken cancellation)
    {
        var report = EvaluateModel.Run(model, file, read, cancellation);
        var score = report.Metrics.GetValueOrDefault(model.Lineage.Metric) as double?;
        return (new CompressedSize(PackedBytes(model.Predictor), RowMicroseconds(model.Predictor, file, read, cancellation), score), report.Rows - report.Unlabelled);
    }

    private static long PackedBytes(Predictor predictor)
    {
        long bytes = 0;
        foreach (var network in predictor.Members.Select(m => m.Model).OfType<INetworkModel>())
        {
            using var packed = new MemoryStream();
            using (var deflate = new DeflateStream(packed, CompressionLevel.Fastest, leaveOpen: true))
                deflate.Write(network.Graph);
            bytes += packed.Length;
        }

        return bytes;
    }

    /// <summary>The mean over some rows, one at a time; of several rounds the quickest, for what a busy machine adds to the others is not the model's.</summary>
    private static double RowMicroseconds(Predictor predictor, string file, ReadOptions read, CancellationToken cancellation)
    {
        using var source = DataSource.Open(file, read);
        foreach (var batch in source.Records(predictor.InputColumns, TimedRows, cancellation))
        {
            Frame[] rows = [.. Enumerable.Range(0, batch.Rows.RowCount).Select(i => batch.Rows.Take([i]))];
            var best = double.PositiveInfinity;
            for (var round = 0; round <= Rounds; round++)
            {
                var started = Stopwatch.GetTimestamp();
                foreach (var row in rows)
                    predictor.Predict(row);
                // The first one warms up.
                if (round > 0)
                    best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalMicroseconds / rows.Length);
            }

            return Math.Round(best, 1);
        }

        return 0;
    }
}

/// <summary>The JSON object of <c>compress --json</c>.</summary>
/// <param name="Model">The file that was written.</param>
/// <param name="Compression">What was done, and what it cost.</param>
public sealed record CompressionReport(string Model, NetworkCompression Compression);
