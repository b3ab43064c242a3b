using System.Collections.Immutable;
using AlgoFactory.Data.Export;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;

namespace AlgoFactory.Serving.Monitoring;

/// <summary>An input that is logged.</summary>
/// <param name="Slot">Its place among <see cref="Predictor.InputColumns"/>.</param>
/// <param name="Spec">The column.</param>
/// <param name="Name">Its name in the log: <c>x:</c> and its own; where two differ in case only, with its place.</param>
public sealed record LoggedInput(int Slot, ColumnSpec Spec, string Name)
{
    /// <summary>Whether it is logged as a number.</summary>
    public bool IsNumber => Spec.Kind is ColumnKind.Numeric or ColumnKind.Boolean or ColumnKind.DateTime;
}

/// <summary>What of a model's predictions is logged, and under which names.</summary>
public sealed class LogLayout
{
    /// <summary>The prediction's id.</summary>
    public const string Id = "prediction_id";

    /// <summary>The row within the request, from 0.</summary>
    public const string Row = "prediction_row";

    /// <summary>When, in seconds since 1970.</summary>
    public const string At = "predicted_at";

    /// <summary>The predicted class's text, or number.</summary>
    public const string Prediction = "prediction";

    /// <summary>The probability of the predicted class, where there are more than two.</summary>
    public const string Confidence = "confidence";

    /// <summary>The beginning of the scores' names: <c>score:0</c>, …; binary: the one of the positive class.</summary>
    public const string Score = "score:";

    /// <summary>Beyond this many classes only the most probable one's probability is logged.</summary>
    public const int MostScores = 32;

    private const string Input = "x:";

    /// <summary>Lays out a model's log.</summary>
    /// <param name="predictor">The model.</param>
    /// <param name="policy">What is left out.</param>
    public LogLayout(Predictor predictor, LogPolicy policy)
    {
        Task = predictor.Task;
        var inputs = ImmutableArray.CreateBuilder<LoggedInput>();
        // DuckDB's names know no upper and lower case.
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var slot = 0; slot < predictor.InputColumns.Length; slot++)
        {
            var spec = predictor.InputColumns[slot];
            var name = Input + spec.Name;
            if (!names.Add(name))
                names.Add(name = $"{name}:{slot}");
            if (IsLogged(spec, policy))
                inputs.Add(new LoggedInput(slot, spec, name));
        }

        Inputs = inputs.ToImmutable();
        Scores = !Task.IsClassification ? 0 : Task.OutputWidth <= MostScores ? Task.OutputWidth : 0;
        Columns =
        [
            new(Id, OutputKind.Text), new(Row, OutputKind.Double), new(At, OutputKind.Double),
            new(Prediction, Task.IsClassification ? OutputKind.Text : OutputKind.Single),
            new(Confidence, OutputKind.Single),
            .. Enumerable.Range(0, Scores).Select(k => new OutputColumn(Score + k, OutputKind.Single)),
            .. Inputs.Select(i => new OutputColumn(i.Name, i.IsNumber ? OutputKind.Double : OutputKind.Text)),
        ];
    }

    /// <summary>The model's task.</summary>
    public TaskSpec Task { get; }

    /// <summary>The inputs that are logged.</summary>
    public ImmutableArray<LoggedInput> Inputs { get; }

    /// <summary>Scores a row that are logged.</summary>
    public int Scores { get; }

    /// <summary>The columns of a part.</summary>
    public ImmutableArray<OutputColumn> Columns { get; }

    /// <summary>The place of the first score among <see cref="Columns"/>.</summary>
    public const int FirstScore = 5;

    /// <summary>The place of the first input among <see cref="Columns"/>.</summary>
    public int FirstInput => FirstScore + Scores;

    /// <summary>Bytes that a row takes in memory, texts aside.</summary>
    public int RowBytes => 48 + 4 * Math.Max(1, Task.OutputWidth) + 8 * Inputs.Length;

    private static bool IsLogged(ColumnSpec spec, LogPolicy policy) => spec.Kind switch
    {
        ColumnKind.Identifier or ColumnKind.Constant or ColumnKind.Image => false,
        ColumnKind.Text => policy.Texts && !policy.Masks(spec.Name),
        _ => !policy.Masks(spec.Name),
    };
}
