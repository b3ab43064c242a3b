using System.Text.Json;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Explaining;

namespace AlgoFactory.Serving.Prediction;

/// <summary>The explanations of a request's rows.</summary>
public sealed class RowExplanations
{
    /// <summary>Values that one answer may hold: 32 MiB.</summary>
    private const int MaxValues = 4 << 20;

    private const int ChunkRows = 32;

    private readonly PredictorExplainer _explainer;
    private readonly string _scale;

    private RowExplanations(PredictorExplainer explainer, double[] values, double[] rawScores)
    {
        _explainer = explainer;
        _scale = JsonNamingPolicy.CamelCase.ConvertName(explainer.Scale.ToString());
        Values = values;
        RawScores = rawScores;
    }

    /// <summary>rows × outputs × (columns + 1), the last of each the base.</summary>
    public ReadOnlyMemory<double> Values { get; }

    /// <summary>rows × outputs: what the values sum to.</summary>
    public ReadOnlyMemory<double> RawScores { get; }

    /// <summary>Explains rows. That takes far longer than predicting them, so it asks every few rows whether to go on.</summary>
    /// <exception cref="RowBindingException">There are too many rows for one answer.</exception>
    /// <exception cref="OperationCanceledException">The caller has gone, or the time is up.</exception>
    public static RowExplanations Of(PredictorExplainer explainer, Frame rows, RequestDeadline deadline)
    {
        var width = explainer.Outputs * (explainer.Columns.Length + 1);
        if ((long)rows.RowCount * width > MaxValues)
            throw new RowBindingException($"An explanation has {width} numbers a row; send at most {Math.Max(1, MaxValues / width)} rows with 'explain'.");
        var values = new double[rows.RowCount * width];
        var raw = new double[rows.RowCount * explainer.Outputs];
        for (var start = 0; start < rows.RowCount; start += ChunkRows)
        {
            deadline.Check();
            var count = Math.Min(ChunkRows, rows.RowCount - start);
            var part = explainer.Explain(rows.Take([.. Enumerable.Range(start, count)]));
            part.Values.CopyTo(values, start * width);
            part.RawScores.CopyTo(raw, start * explainer.Outputs);
        }

        return new RowExplanations(explainer, values, raw);
    }

    /// <summary>Writes all rows' contributions as a tensor: rows × columns and the base, of the class that <see cref="Write"/> takes.</summary>
    internal void WriteTensor(Utf8JsonWriter json, Predictions predictions)
    {
        var columns = _explainer.Columns;
        TensorResponse.BeginOutput(json, TensorResponse.Contributions, "FP64", [predictions.RowCount, columns.Length + 1]);
        TensorResponse.WriteNames(json, "columns"u8, columns.Add("base"));
        json.WriteStartArray("data"u8);
        for (var row = 0; row < predictions.RowCount; row++)
            foreach (var value in Row(row, OutputOf(predictions, row)))
                json.WriteNumberValue(value);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Writes a row's explanation as <see cref="RowExplanation"/> in camelCase.</summary>
    internal void Write(Utf8JsonWriter json, Predictions predictions, int row)
    {
        var task = predictions.Task;
        var output = OutputOf(predictions, row);
        var columns = _explainer.Columns;
        var values = Row(row, output);
        json.WriteStartObject("explanation"u8);
        json.WriteString("scale"u8, _scale);
        if (task.IsClassification)
            json.WriteString("class"u8, task.Classes[_explainer.Outputs == 1 ? 1 : output]);
        json.WriteNumber("base"u8, values[^1]);
        json.WriteNumber("rawScore"u8, RawScores.Span[row * _explainer.Outputs + output]);
        json.WriteStartObject("contributions"u8);
        for (var c = 0; c < columns.Length; c++)
            json.WriteNumber(columns[c], values[c]);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private int OutputOf(Predictions predictions, int row) => _explainer.Outputs == 1 ? 0 : predictions.ClassIndex(row);

    private ReadOnlySpan<double> Row(int row, int output) =>
        Values.Span.Slice((row * _explainer.Outputs + output) * (_explainer.Columns.Length + 1), _explainer.Columns.Length + 1);
}
