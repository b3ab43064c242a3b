using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Conformal;

namespace AlgoFactory.Serving.Prediction;

/// <summary>
/// The outputs of a model under the Open Inference Protocol v2, and the writer of its inference response: <c>prediction</c>
/// (BYTES, or FP32 of a regression), <c>probabilities</c> (FP32, rows × classes) and, where they are asked for,
/// <c>contributions</c> (FP64, rows × columns and the base), <c>interval</c> (FP32, rows × 2) and <c>set</c> (BYTES).
/// </summary>
public static class TensorResponse
{
    /// <summary>The predicted class or number.</summary>
    public const string Prediction = "prediction";

    /// <summary>The probability of each class.</summary>
    public const string Probabilities = "probabilities";

    /// <summary>What each column added to the raw score.</summary>
    public const string Contributions = "contributions";

    /// <summary>The ends of each row's interval.</summary>
    public const string Interval = "interval";

    /// <summary>Each row's set of classes, as JSON.</summary>
    public const string Set = "set";

    /// <summary>The outputs that a model has beside <see cref="Contributions"/>.</summary>
    public static ImmutableArray<string> OutputsOf(TaskSpec task) => task.IsClassification ? [Prediction, Probabilities] : [Prediction];

    /// <summary>The protocol's data type of a column.</summary>
    public static string DataTypeOf(ColumnSpec column) => column.Kind switch
    {
        ColumnKind.Numeric => "FP64",
        ColumnKind.Boolean => "BOOL",
        _ => "BYTES",
    };

    /// <summary>Refuses outputs that the model has not; asking for <see cref="Contributions"/> asks for an explanation.</summary>
    /// <exception cref="RowBindingException">There is no such output.</exception>
    public static AnswerOptions Check(AnswerOptions options, TaskSpec task)
    {
        if (options.Outputs.IsDefault)
            return options;
        var known = OutputsOf(task).Add(Contributions);
        if (options.Interval is not null)
            known = known.Add(Interval);
        if (options.Set is not null)
            known = known.Add(Set);
        foreach (var name in options.Outputs)
            if (!known.Contains(name))
                throw new RowBindingException($"The model has no output '{BindingScratch.Shown(name)}'; it has {string.Join(", ", known.Select(k => $"'{k}'"))}.");
        return options.Outputs.Contains(Contributions) ? options with { Explain = true } : options;
    }

    /// <summary>Writes an inference response. The version's hash and the warnings are among its parameters.</summary>
    public static void Write(IBufferWriter<byte> to, PredictionLease lease, BoundRows rows, Predictions predictions, RowExplanations? explanations)
    {
        var json = Begin(to, lease, rows);
        json.WriteStartArray("outputs"u8);
        if (Wants(rows.Options, Prediction))
            WritePrediction(json, predictions);
        if (predictions.Task.IsClassification && Wants(rows.Options, Probabilities))
            WriteProbabilities(json, predictions);
        if (rows.Options.Interval is { } interval && Wants(rows.Options, Interval))
            WriteIntervals(json, predictions, predictions.Post.IntervalsAt(interval, predictions.Task.Kind));
        if (rows.Options.Set is { } set && Wants(rows.Options, Set))
            WriteSets(json, predictions, predictions.Post.SetsAt(set, predictions.Task.Kind));
        if (explanations is not null)
            explanations.WriteTensor(json, predictions);
        json.WriteEndArray();
        json.WriteEndObject();
        PredictionResponseWriter.Release(json);
    }

    /// <summary>Writes the response to a dry run: no outputs.</summary>
    public static void WriteDryRun(IBufferWriter<byte> to, PredictionLease lease, BoundRows rows)
    {
        var json = Begin(to, lease, rows);
        json.WriteStartArray("outputs"u8);
        json.WriteEndArray();
        json.WriteEndObject();
        PredictionResponseWriter.Release(json);
    }

    /// <summary>Writes the response of a fallback of which no version has answered: its constant for every row.</summary>
    public static void WriteConstant(
        IBufferWriter<byte> to, ReadOnlySpan<char> id, string model, TaskSpec task, string constant, int rows, ImmutableArray<string> warnings)
    {
        var json = PredictionResponseWriter.Rent(to);
        json.WriteStartObject();
        json.WriteString("model_name"u8, model);
        json.WriteString("model_version"u8, "0"u8);
        PredictionResponseWriter.WriteId(json, id);
        json.WriteStartObject("parameters"u8);
        json.WriteString("arm"u8, Deployments.TrafficPlan.ConstantArm);
        json.WriteString("warnings"u8, string.Join(' ', warnings));
        json.WriteEndObject();
        json.WriteStartArray("outputs"u8);
        BeginOutput(json, Prediction, task.IsClassification ? "BYTES" : "FP32", [rows]);
        json.WriteStartArray("data"u8);
        for (var row = 0; row < rows; row++)
            if (task.IsClassification)
                json.WriteStringValue(constant);
            else
                PredictionResponseWriter.WriteNumber(json, float.Parse(constant, System.Globalization.CultureInfo.InvariantCulture));
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        PredictionResponseWriter.Release(json);
    }

    internal static void BeginOutput(Utf8JsonWriter json, string name, string type, ReadOnlySpan<int> shape)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, name);
        json.WriteStartArray("shape"u8);
        foreach (var size in shape)
            json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WriteString("datatype"u8, type);
    }

    // Parameters are single values: a list of names is written as JSON in a text.
    internal static void WriteNames(Utf8JsonWriter json, ReadOnlySpan<byte> parameter, ImmutableArray<string> names)
    {
        json.WriteStartObject("parameters"u8);
        json.WriteString(parameter, JsonSerializer.Serialize(names));
        json.WriteEndObject();
    }

    private static bool Wants(AnswerOptions options, string output) =>
        options.Outputs.IsDefault ? output != Probabilities || options.Probabilities != false : options.Outputs.Contains(output);

    private static Utf8JsonWriter Begin(IBufferWriter<byte> to, PredictionLease lease, BoundRows rows)
    {
        var json = PredictionResponseWriter.Rent(to);
        json.WriteStartObject();
        json.WriteString("model_name"u8, lease.Version.Name);
        json.WriteString("model_version"u8, lease.Version.Version.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Span<char> id = stackalloc char[Monitoring.PredictionIds.Length];
        PredictionResponseWriter.WriteId(json, rows.Id(id));
        json.WriteStartObject("parameters"u8);
        json.WriteString("hash"u8, lease.Version.Hash);
        if (lease.Arm is { } arm)
            json.WriteString("arm"u8, arm);
        if (rows.Options.DryRun)
            json.WriteNumber("checkedRows"u8, rows.Frame.RowCount);
        if (rows.Warnings.Length > 0)
            json.WriteString("warnings"u8, string.Join(' ', rows.Warnings));
        json.WriteEndObject();
        return json;
    }

    private static void WritePrediction(Utf8JsonWriter json, Predictions predictions)
    {
        var task = predictions.Task;
        BeginOutput(json, Prediction, task.IsClassification ? "BYTES" : "FP32", [predictions.RowCount]);
        json.WriteStartArray("data"u8);
        for (var row = 0; row < predictions.RowCount; row++)
            if (task.IsClassification)
                json.WriteStringValue(task.Classes[predictions.ClassIndex(row)]);
            else
                PredictionResponseWriter.WriteNumber(json, predictions.Value(row));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteIntervals(Utf8JsonWriter json, Predictions predictions, IntervalRule rule)
    {
        BeginOutput(json, Interval, "FP32", [predictions.RowCount, 2]);
        WriteNames(json, "columns"u8, ["lower", "upper"]);
        json.WriteStartArray("data"u8);
        for (var row = 0; row < predictions.RowCount; row++)
        {
            var (lower, upper) = rule.Around(predictions.Value(row));
            PredictionResponseWriter.WriteNumber(json, lower);
            PredictionResponseWriter.WriteNumber(json, upper);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSets(Utf8JsonWriter json, Predictions predictions, SetRule rule)
    {
        BeginOutput(json, Set, "BYTES", [predictions.RowCount]);
        json.WriteStartArray("data"u8);
        for (var row = 0; row < predictions.RowCount; row++)
            json.WriteStringValue(JsonSerializer.Serialize(predictions.Task.Classes.Where((_, c) => rule.Holds(predictions, row, c))));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteProbabilities(Utf8JsonWriter json, Predictions predictions)
    {
        var classes = predictions.Task.Classes;
        BeginOutput(json, Probabilities, "FP32", [predictions.RowCount, classes.Length]);
        WriteNames(json, "classes"u8, classes);
        json.WriteStartArray("data"u8);
        for (var row = 0; row < predictions.RowCount; row++)
            for (var c = 0; c < classes.Length; c++)
                PredictionResponseWriter.WriteNumber(json, predictions.Probability(row, c));
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
