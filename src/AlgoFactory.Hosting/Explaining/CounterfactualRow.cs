using AlgoFactory.Data;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Explaining;

namespace AlgoFactory.Hosting.Explaining;

/// <summary>The counterfactual use case: what would have to be different in one record of a file for another prediction.</summary>
public static class CounterfactualRow
{
    /// <summary>Rows whose values may be taken.</summary>
    private const int ReferenceRows = 2000;

    /// <summary>Searches for a record of a file.</summary>
    /// <param name="model">The model.</param>
    /// <param name="file">The file.</param>
    /// <param name="read">How to read it.</param>
    /// <param name="record">The record's number, from 1.</param>
    /// <param name="query">What is wanted.</param>
    /// <param name="background">A file whose values may be taken; null: those of the training data's profile.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="UsageException">The file has no such record.</exception>
    /// <exception cref="LearningException">The query does not fit the model.</exception>
    public static CounterfactualReport Run(
        ModelFile model, string file, ReadOptions read, long record, CounterfactualQuery query, string? background, CancellationToken cancellation)
    {
        var columns = model.Predictor.InputColumns;
        if (record < 1)
            throw new UsageException("Records are counted from 1.");
        using var source = DataSource.Open(file, read);
        var before = 0L;
        foreach (var batch in source.Records(columns, 4096, cancellation))
        {
            if (record <= before + batch.Rows.RowCount)
            {
                var reference = background is null ? FromProfile(model) : FileSample.Draw(background, read, columns, ReferenceRows, 1, null, cancellation).Rows;
                var at = (int)(record - before - 1);
                return batch.Errors[at] is { } error
                    ? throw new DataFormatException($"Record {record} cannot be read: {error}")
                    : Counterfactuals.Find(model.Predictor, reference, batch.Rows.Take([at]), query, cancellation);
            }

            before += batch.Rows.RowCount;
        }

        throw new UsageException($"The file has {before} records; there is no record {record}.");
    }

    /// <summary>Values that the model file's profile knows: no file is needed.</summary>
    public static Frame FromProfile(ModelFile model) => ProfileRows.Draw(model.Predictor.InputColumns, model.Profile, ReferenceRows, 1);
}
