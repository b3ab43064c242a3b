using AlgoFactory.Data.Ingest;
using AlgoFactory.Learning;

namespace AlgoFactory.Hosting.Prediction;

/// <summary>
/// Predicts batches of a file on several threads while the caller's thread reads ahead and writes behind, and gives them back in
/// the file's order. A few batches are in memory at once, however long the file.
/// </summary>
internal static class PredictedBatches
{
    /// <summary>The batches with their predictions; those that <paramref name="wanted"/> passes over have none.</summary>
    public static IEnumerable<(RecordBatch Batch, Predictions? Predictions)> Of(
        IEnumerable<RecordBatch> batches, Predictor predictor, Func<int, bool> wanted, int threads)
    {
        var ahead = new Queue<(RecordBatch, Task<Predictions>?)>();
        try
        {
            var index = 0;
            foreach (var batch in batches)
            {
                ahead.Enqueue((batch, wanted(index++) ? Task.Run(() => predictor.Predict(batch.Rows)) : null));
                if (ahead.Count > threads)
                    yield return Next();
            }

            while (ahead.Count > 0)
                yield return Next();
        }
        finally
        {
            // Whoever ends early must not leave work behind that still uses the model.
            foreach (var (_, task) in ahead)
                task?.ContinueWith(static _ => { }, TaskScheduler.Default).Wait();
        }

        (RecordBatch, Predictions?) Next()
        {
            var (batch, task) = ahead.Dequeue();
            return (batch, task?.GetAwaiter().GetResult());
        }
    }
}
