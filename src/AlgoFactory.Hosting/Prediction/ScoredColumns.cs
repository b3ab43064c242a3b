using System.Collections.Immutable;
using AlgoFactory.Data.Export;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Conformal;

namespace AlgoFactory.Hosting.Prediction;

/// <summary>What a scored file holds beside the predictions.</summary>
public sealed record ScoredFileOptions
{
    /// <summary>Predictions with all probabilities.</summary>
    public static readonly ScoredFileOptions Default = new();

    /// <summary>Whether the probability of each class is wanted; null: yes, unless <see cref="TopK"/> is.</summary>
    public bool? Probabilities { get; init; }

    /// <summary>The number of most probable classes that are wanted, each with its probability; null: none.</summary>
    public int? TopK { get; init; }

    /// <summary>The share of labels that a regression's intervals shall cover; null: none are wanted.</summary>
    public double? Interval { get; init; }

    /// <summary>The share of labels that a classification's sets of classes shall cover; null: none are wanted.</summary>
    public double? Set { get; init; }

    /// <summary>Refuses what a model cannot answer, before anything is read.</summary>
    /// <exception cref="UsageException">The model has no such answer; the message says why.</exception>
    public static void Check(Predictor predictor, ScoredFileOptions options) => _ = new ScoredColumns(predictor, options, null);
}

/// <summary>
/// The columns of a scored file and what a row has in them: <c>prediction</c>, <c>probability:CLASS</c> for each class, <c>top1</c>
/// and <c>top1:probability</c> and so on, <c>lower</c> and <c>upper</c>, <c>set</c> (a JSON array of classes), <c>error</c>, and of
/// images <c>file</c>. Not thread-safe: rows share a buffer.
/// </summary>
internal sealed class ScoredColumns
{
    /// <summary>The column that says why a record has no prediction.</summary>
    public const string Error = "error";

    private readonly TaskSpec _task;
    private readonly string? _name;
    private readonly bool _hasProbabilities;
    private readonly IntervalRule? _intervals;
    private readonly SetRule? _sets;
    private readonly int _errorAt;
    private readonly int[] _top;

    /// <summary>Lays out a file.</summary>
    /// <param name="predictor">The model.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="name">The input's column with the files' names, or null.</param>
    /// <exception cref="UsageException">The model has no such answer; the message says why.</exception>
    public ScoredColumns(Predictor predictor, ScoredFileOptions options, string? name)
    {
        (_task, _name) = (predictor.Task, name);
        if (options.TopK is < 1)
            throw new UsageException("'topK' must be a whole number from 1 on.");
        if (!_task.IsClassification && (options.TopK is not null || options.Probabilities == true))
            throw new UsageException("The model predicts a number: it has no classes for 'topK' or 'probabilities'.");
        try
        {
            _intervals = options.Interval is { } share ? predictor.Post.IntervalsAt(share, _task.Kind) : null;
            _sets = options.Set is { } level ? predictor.Post.SetsAt(level, _task.Kind) : null;
        }
        catch (LearningException e)
        {
            // The model is fine; it is what was asked of it that does not fit.
            throw new UsageException(e.Message);
        }

        _hasProbabilities = _task.IsClassification && (options.Probabilities ?? options.TopK is null);
        _top = new int[Math.Min(options.TopK ?? 0, _task.Classes.Length)];
        Columns =
        [
            new OutputColumn("prediction", !_task.IsClassification ? OutputKind.Single : OutputKind.Text),
            .. _hasProbabilities ? _task.Classes.Select(c => new OutputColumn($"probability:{c}", OutputKind.Single)) : [],
            .. Enumerable.Range(1, _top.Length).SelectMany(k => (OutputColumn[])[new($"top{k}", OutputKind.Text), new($"top{k}:probability", OutputKind.Single)]),
            .. _intervals is null ? (OutputColumn[])[] : [new("lower", OutputKind.Single), new("upper", OutputKind.Single)],
            .. _sets is null ? (OutputColumn[])[] : [new("set", OutputKind.Text)],
            new OutputColumn(Error, OutputKind.Text),
            .. name is null ? (OutputColumn[])[] : [new(name, OutputKind.Text)],
        ];
        _errorAt = Columns.Length - (name is null ? 1 : 2);
    }

    /// <summary>The columns.</summary>
    public ImmutableArray<OutputColumn> Columns { get; }

    /// <summary>Writes a row for each record of a batch.</summary>
    public void Write(Predictions predictions, RecordBatch batch, TableWriter writer)
    {
        var names = _name is null ? null : (TextColumn)batch.Rows[_name];
        for (var row = 0; row < predictions.RowCount; row++)
        {
            if (batch.Errors[row] is { } error)
                writer.SetText(_errorAt, error);
            else if (_task.IsClassification)
                WriteClass(predictions, row, writer);
            else
                WriteNumber(predictions.Value(row), writer);
            if (names?.Values[row] is { } file)
                writer.SetText(_errorAt + 1, file);
            writer.EndRow();
        }
    }

    private void WriteNumber(float value, TableWriter writer)
    {
        writer.SetSingle(0, value);
        if (_intervals is null)
            return;
        var (lower, upper) = _intervals.Around(value);
        writer.SetSingle(1, lower);
        writer.SetSingle(2, upper);
    }

    private void WriteClass(Predictions predictions, int row, TableWriter writer)
    {
        writer.SetText(0, _task.Classes[predictions.ClassIndex(row)]);
        var at = 1;
        if (_hasProbabilities)
            for (var c = 0; c < _task.Classes.Length; c++)
                writer.SetSingle(at++, predictions.Probability(row, c));
        if (_top.Length > 0)
            FindTop(predictions, row);
        foreach (var c in _top)
        {
            writer.SetText(at++, _task.Classes[c]);
            writer.SetSingle(at++, predictions.Probability(row, c));
        }

        if (_sets is not null)
            writer.SetText(at, ReportJson.Write(_task.Classes.Where((_, c) => _sets.Holds(predictions, row, c))));
    }

    /// <summary>The most probable classes, the first one first; of equally probable ones the one that is named first. O(classes × k).</summary>
    private void FindTop(Predictions predictions, int row)
    {
        var found = 0;
        for (var c = 0; c < _task.Classes.Length; c++)
        {
            var probability = predictions.Probability(row, c);
            var place = found;
            while (place > 0 && predictions.Probability(row, _top[place - 1]) < probability)
                place--;
            if (place == _top.Length)
                continue;
            found = Math.Min(found + 1, _top.Length);
            for (var later = found - 1; later > place; later--)
                _top[later] = _top[later - 1];
            _top[place] = c;
        }
    }
}
