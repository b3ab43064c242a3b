using System.Collections.Immutable;
using AlgoFactory.Learning;

namespace AlgoFactory.Hosting.Prediction;

/// <summary>The columns that predictions are written in: <c>prediction</c>, <c>probability:CLASS</c> for each class, <c>error</c>.</summary>
internal static class PredictionColumns
{
    public const string Prediction = "prediction";

    public const string Error = "error";

    /// <summary>The columns' names, in order.</summary>
    public static ImmutableArray<string> Names(TaskSpec task) =>
        [Prediction, .. task.Classes.Select(c => $"probability:{c}"), Error];
}

/// <summary>Writes the predictions of a file, one record for each record read.</summary>
internal interface IPredictionWriter : IDisposable
{
    /// <summary>Writes some rows, in order; a row with an error gets an empty prediction.</summary>
    void Write(Predictions predictions, ImmutableArray<string?> errors);

    /// <summary>Ends the file; only then it stands where it was asked for.</summary>
    void Complete();
}
