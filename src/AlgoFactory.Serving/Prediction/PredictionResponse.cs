using System.Buffers;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using AlgoFactory.Learning;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Serving.Prediction;

/// <summary>The answer to a prediction request, as the API's description shows it and as .NET clients read it.</summary>
/// <param name="Id">The request's id: the caller's own, or a new one.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The version that answered.</param>
/// <param name="Hash">That version's hash.</param>
/// <param name="Predictions">One a row, in the request's order.</param>
/// <param name="Warnings">Sentences about the rows; empty when there is nothing to say.</param>
public sealed record PredictionResponse(
    string Id,
    string Model,
    int Version,
    string Hash,
    ImmutableArray<RowPrediction> Predictions,
    ImmutableArray<string> Warnings);

/// <summary>One row's prediction.</summary>
/// <param name="Prediction">The class's text, or the number of a regression.</param>
/// <param name="Probabilities">Class and probability; absent for a regression.</param>
public sealed record RowPrediction(object Prediction, ImmutableDictionary<string, float>? Probabilities);

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
    public static void Write(IBufferWriter<byte> to, string id, ModelVersion version, Predictions predictions, ImmutableArray<string> warnings)
    {
        var json = _writer ??= new Utf8JsonWriter(to, Options);
        json.Reset(to);
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("model"u8, version.Name);
        json.WriteNumber("version"u8, version.Version);
        json.WriteString("hash"u8, version.Hash);
        json.WriteStartArray("predictions"u8);
        for (var row = 0; row < predictions.RowCount; row++)
            WriteRow(json, predictions, row);
        json.WriteEndArray();
        json.WriteStartArray("warnings"u8);
        foreach (var warning in warnings)
            json.WriteStringValue(warning);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        // The writer must not keep the response's buffer alive, nor write to it later.
        json.Reset(Stream.Null);
    }

    private static void WriteRow(Utf8JsonWriter json, Predictions predictions, int row)
    {
        var task = predictions.Task;
        json.WriteStartObject();
        if (!task.IsClassification)
        {
            json.WritePropertyName("prediction"u8);
            WriteNumber(json, predictions.Value(row));
        }
        else
        {
            json.WriteString("prediction"u8, task.Classes[predictions.ClassIndex(row)]);
            json.WriteStartObject("probabilities"u8);
            for (var c = 0; c < task.Classes.Length; c++)
            {
                json.WritePropertyName(task.Classes[c]);
                WriteNumber(json, predictions.Probability(row, c));
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, float value)
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
}
