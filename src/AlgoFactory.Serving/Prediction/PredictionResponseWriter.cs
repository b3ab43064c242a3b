using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Conformal;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Serving.Prediction;

/// <summary>Writes answers straight to the response's buffer, without making <see cref="PredictionResponse"/> objects.</summary>
public static class PredictionResponseWriter
{
    private static readonly JsonWriterOptions Options = new()
    {
        // Class names and warnings hold letters of all languages; the answer is JSON, not part of a page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    /// <summary>
    /// Writes an answer as <see cref="PredictionResponse"/> in camelCase. Numbers have the text of
    /// <see cref="PredictionText"/>, which reads back as the same float32.
    /// </summary>
    /// <param name="to">Where to.</param>
    /// <param name="id">The request's id; empty: a new one is made.</param>
    /// <param name="version">The version that answered.</param>
    /// <param name="predictions">The predictions.</param>
    /// <param name="warnings">Sentences about the rows.</param>
    /// <param name="options">What was asked for; null: predictions with all probabilities.</param>
    /// <param name="explanation">Why, when that was asked for.</param>
    /// <param name="arm">The arm that answered; null where the deployment has one version.</param>
    public static void Write(
        IBufferWriter<byte> to, ReadOnlySpan<char> id, ModelVersion version, Predictions predictions, ImmutableArray<string> warnings,
        AnswerOptions? options = null, RowExplanations? explanation = null, string? arm = null)
    {
        options ??= AnswerOptions.Default;
        var intervals = options.Interval is { } interval ? predictions.Post.IntervalsAt(interval, predictions.Task.Kind) : null;
        var sets = options.Set is { } set ? predictions.Post.SetsAt(set, predictions.Task.Kind) : null;
        var json = Begin(to, id, version, arm);
        json.WriteStartArray("predictions"u8);
        for (var row = 0; row < predictions.RowCount; row++)
        {
            json.WriteStartObject();
            WriteRow(json, predictions, row, options);
            if (intervals is not null)
                WriteInterval(json, intervals.Around(predictions.Value(row)));
            if (sets is not null)
                WriteSet(json, predictions, row, sets);
            explanation?.Write(json, predictions, row);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        End(json, warnings);
    }

    /// <summary>Writes the answer to a dry run: the rows fit, nothing was predicted.</summary>
    public static void WriteDryRun(
        IBufferWriter<byte> to, ReadOnlySpan<char> id, ModelVersion version, int rows, ImmutableArray<string> warnings, string? arm = null)
    {
        var json = Begin(to, id, version, arm);
        json.WriteNumber("checkedRows"u8, rows);
        json.WriteStartArray("predictions"u8);
        json.WriteEndArray();
        End(json, warnings);
    }

    /// <summary>Writes the answer of a fallback of which no version has answered: its constant for every row.</summary>
    public static void WriteConstant(
        IBufferWriter<byte> to, ReadOnlySpan<char> id, string model, TaskSpec task, string constant, int rows, ImmutableArray<string> warnings)
    {
        var json = Begin(to, id, new ModelVersion(model, 0, ""), Deployments.TrafficPlan.ConstantArm);
        json.WriteStartArray("predictions"u8);
        for (var row = 0; row < rows; row++)
        {
            json.WriteStartObject();
            if (task.IsClassification)
            {
                json.WriteString("prediction"u8, constant);
            }
            else
            {
                json.WritePropertyName("prediction"u8);
                WriteNumber(json, float.Parse(constant, CultureInfo.InvariantCulture));
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        End(json, warnings);
    }

    /// <summary>The thread's JSON writer, over a buffer. <see cref="Release"/> it.</summary>
    internal static Utf8JsonWriter Rent(IBufferWriter<byte> to)
    {
        var json = _writer ??= new Utf8JsonWriter(to, Options);
        json.Reset(to);
        return json;
    }

    /// <summary>Ends what was written.</summary>
    internal static void Release(Utf8JsonWriter json)
    {
        json.Flush();
        // The writer must not keep the response's buffer alive, nor write to it later.
        json.Reset(Stream.Null);
    }

    /// <summary>Writes a request's id, or a new one.</summary>
    internal static void WriteId(Utf8JsonWriter json, ReadOnlySpan<char> id)
    {
        if (!id.IsEmpty)
        {
            json.WriteString("id"u8, id);
            return;
        }

        Span<byte> made = stackalloc byte[RequestIds.Length];
        RequestIds.Write(made);
        json.WriteString("id"u8, made);
    }

    internal static void WriteNumber(Utf8JsonWriter json, float value)
    {
        // JSON has no word for these; a model that gives one is refused when it is warmed up.
        if (!float.IsFinite(value))
        {
            json.WriteNullValue();
            return;
        }

        Span<byte> text = stackalloc byte[PredictionText.MaxBytes];
        json.WriteRawValue(text[..PredictionText.Write(value, text)], skipInputValidation: true);
    }

    private static Utf8JsonWriter Begin(IBufferWriter<byte> to, ReadOnlySpan<char> id, ModelVersion version, string? arm)
    {
        var json = Rent(to);
        json.WriteStartObject();
        WriteId(json, id);
        json.WriteString("model"u8, version.Name);
        json.WriteNumber("version"u8, version.Version);
        json.WriteString("hash"u8, version.Hash);
        if (arm is not null)
            json.WriteString("arm"u8, arm);
        return json;
    }

    private static void End(Utf8JsonWriter json, ImmutableArray<string> warnings)
    {
        json.WriteStartArray("warnings"u8);
        foreach (var warning in warnings)
            json.WriteStringValue(warning);
        json.WriteEndArray();
        json.WriteEndObject();
        Release(json);
    }

    private static void WriteRow(Utf8JsonWriter json, Predictions predictions, int row, AnswerOptions options)
    {
        var task = predictions.Task;
        if (!task.IsClassification)
        {
            json.WritePropertyName("prediction"u8);
            WriteNumber(json, predictions.Value(row));
        }
        else
        {
            json.WriteString("prediction"u8, task.Classes[predictions.ClassIndex(row)]);
            if (options.WritesProbabilities)
                WriteProbabilities(json, predictions, row);
            if (options.TopK is { } count)
                WriteTop(json, predictions, row, count);
        }
    }

    private static void WriteInterval(Utf8JsonWriter json, Interval interval)
    {
        json.WriteStartObject("interval"u8);
        json.WritePropertyName("lower"u8);
        WriteNumber(json, interval.Lower);
        json.WritePropertyName("upper"u8);
        WriteNumber(json, interval.Upper);
        json.WriteEndObject();
    }

    private static void WriteSet(Utf8JsonWriter json, Predictions predictions, int row, SetRule sets)
    {
        json.WriteStartArray("set"u8);
        for (var c = 0; c < predictions.Task.Classes.Length; c++)
            if (sets.Holds(predictions, row, c))
                json.WriteStringValue(predictions.Task.Classes[c]);
        json.WriteEndArray();
    }

    private static void WriteProbabilities(Utf8JsonWriter json, Predictions predictions, int row)
    {
        var classes = predictions.Task.Classes;
        json.WriteStartObject("probabilities"u8);
        for (var c = 0; c < classes.Length; c++)
        {
            json.WritePropertyName(classes[c]);
            WriteNumber(json, predictions.Probability(row, c));
        }

        json.WriteEndObject();
    }

    private static void WriteTop(Utf8JsonWriter json, Predictions predictions, int row, int count)
    {
        var classes = predictions.Task.Classes;
        var (order, negated) = (ArrayPool<int>.Shared.Rent(classes.Length), ArrayPool<float>.Shared.Rent(classes.Length));
        for (var c = 0; c < classes.Length; c++)
            (order[c], negated[c]) = (c, -predictions.Probability(row, c));
        // Classes of equal probability keep the order of the classes.
        order.AsSpan(0, classes.Length).Sort((a, b) => negated[a].CompareTo(negated[b]) is var by and not 0 ? by : a.CompareTo(b));
        json.WriteStartArray("top"u8);
        for (var k = 0; k < Math.Min(count, classes.Length); k++)
        {
            json.WriteStartObject();
            json.WriteString("class"u8, classes[order[k]]);
            json.WritePropertyName("probability"u8);
            WriteNumber(json, -negated[order[k]]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        ArrayPool<int>.Shared.Return(order);
        ArrayPool<float>.Shared.Return(negated);
    }
}
