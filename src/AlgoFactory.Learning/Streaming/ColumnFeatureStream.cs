using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Data.Ingest.Parquet;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Streaming;

/// <summary>
/// The rows of a Parquet file, as they are: numbers and truth values are numbers, texts categories. Rows without a label
/// are left out.
/// </summary>
public sealed class ColumnFeatureStream : IFeatureStream
{
    private readonly ColumnStream _columns;
    private readonly TaskSpec _task;
    private readonly int _label;
    private readonly int _weight;
    private readonly Dictionary<float, float> _classOf = [];

    /// <summary>Creates a stream.</summary>
    /// <param name="columns">The columns: the features, then the label, then the weight, if there is one.</param>
    /// <param name="task">The task. A class of a column of numbers is named by its number.</param>
    /// <param name="hasWeights">Whether the last column is the weight.</param>
    /// <exception cref="LearningException">The label's column does not suit the task, or the weight's is no number.</exception>
    public ColumnFeatureStream(ColumnStream columns, TaskSpec task, bool hasWeights = false)
    {
        (_columns, _task, HasWeights) = (columns, task, hasWeights);
        _weight = columns.Columns.Length - 1;
        _label = hasWeights ? _weight - 1 : _weight;
        if (task.Kind == TaskKind.Regression && columns.IsText(_label))
            throw new LearningException($"The label '{task.Label}' holds texts, but a regression needs numbers.");
        if (hasWeights && columns.IsText(_weight))
            throw new LearningException($"The weight column '{columns.Columns[_weight]}' holds no numbers.");
    }

    /// <inheritdoc/>
    public ImmutableArray<FeatureInfo> FeatureInfos =>
    [
        .. Enumerable.Range(0, _label).Select(f => _columns.IsText(f)
            ? new FeatureInfo(_columns.Columns[f], _columns.Columns[f], FeatureKind.Categorical, _columns.LevelCount(f))
            : new FeatureInfo(_columns.Columns[f], _columns.Columns[f], FeatureKind.Numeric)),
    ];

    /// <inheritdoc/>
    public bool HasWeights { get; }

    /// <inheritdoc/>
    public IFeatureReader Open(CancellationToken cancellation) => new Reader(this, _columns.Read(cancellation));

    private float Label(float value)
    {
        if (float.IsNaN(value) || _task.Kind == TaskKind.Regression)
            return value;
        if (!_classOf.TryGetValue(value, out var label))
            _classOf.Add(value, label = Class(
                _columns.IsText(_label) ? _columns.Level(_label, (int)value) : value.ToString("R", CultureInfo.InvariantCulture)));
        return label;
    }

    private float Class(string text)
    {
        var index = _task.Classes.IndexOf(text);
        return index >= 0
            ? index
            : throw new LearningException($"The label '{_task.Label}' has a value '{text}', which is none of the task's {_task.Classes.Length} classes.");
    }

    private sealed class Reader(ColumnFeatureStream stream, ColumnReader rows) : IFeatureReader
    {
        public bool Read(FeatureChunk chunk)
        {
            int count;
            do
            {
                count = rows.Read(chunk.Room, chunk.Capacity);
                foreach (ref var label in chunk.LabelRoom[..count])
                    label = stream.Label(label);
                if (stream.HasWeights)
                    CheckWeights(chunk.WeightRoom[..count]);
                chunk.FillLabelled(count);
            }
            while (count > 0 && chunk.RowCount == 0);
            return count > 0;
        }

        public void Dispose() => rows.Dispose();

        private void CheckWeights(ReadOnlySpan<float> weights)
        {
            foreach (var weight in weights)
                if (!float.IsFinite(weight) || weight < 0)
                    throw new LearningException($"The weight column '{stream._columns.Columns[stream._weight]}' has a weight that is missing, negative or not finite.");
        }
    }
}
