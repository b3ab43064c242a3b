using AlgoFactory.Data.Export;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning;
using AlgoFactory.Serving.Prediction;

namespace AlgoFactory.Serving.Monitoring;

/// <summary>Rows of one model that wait to be written: arrays that are filled, written and filled again. Not thread-safe.</summary>
internal sealed class LogBlock
{
    private readonly LogLayout _layout;
    private readonly string?[] _ownIds;
    private readonly UInt128[] _ids;
    private readonly int[] _rows;
    private readonly double[] _times;
    private readonly float[] _scores;
    private readonly int[] _classes;
    private readonly Array[] _inputs;
    private readonly List<string> _unknown = [];

    public LogBlock(LogLayout layout, int capacity)
    {
        _layout = layout;
        Capacity = capacity;
        (_ownIds, _ids, _rows, _times) = (new string?[capacity], new UInt128[capacity], new int[capacity], new double[capacity]);
        (_scores, _classes) = (new float[capacity * Math.Max(1, layout.Scores)], new int[layout.Task.IsClassification ? capacity : 0]);
        Confidences = new float[layout.Task.Kind == TaskKind.Multiclass ? capacity : 0];
        _inputs = [.. layout.Inputs.Select(Array (i) => i.IsNumber ? new double[capacity] : i.Spec.Kind == Data.Schemas.ColumnKind.Text ? new string?[capacity] : new int[capacity])];
    }

    public int Capacity { get; }

    public int Count { get; private set; }

    /// <summary>When the first row was predicted.</summary>
    public DateTimeOffset First => DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Floor(_times[0] * 1000));

    private float[] Confidences { get; }

    /// <summary>Takes rows of a request, from <paramref name="from"/> on, as many as there is room for.</summary>
    /// <returns>The rows taken.</returns>
    public int Add(BoundRows rows, Predictions predictions, int from, double at)
    {
        var frame = rows.Frame;
        var count = Math.Min(Capacity - Count, frame.RowCount - from);
        for (var i = 0; i < count; i++)
        {
            _ownIds[Count + i] = rows.RequestId;
            _ids[Count + i] = rows.MadeId;
            _rows[Count + i] = from + i;
            _times[Count + i] = at;
        }

        AddPredictions(predictions, from, count);
        for (var c = 0; c < _inputs.Length; c++)
            AddInput(frame.Columns[_layout.Inputs[c].Slot], _inputs[c], rows.UnknownLevels, _layout.Inputs[c].Slot, from, count);
        Count += count;
        return count;
    }

    /// <summary>Writes the rows to a part.</summary>
    public void Write(TableWriter to)
    {
        Span<char> id = stackalloc char[PredictionIds.Length];
        for (var row = 0; row < Count; row++)
        {
            to.SetCharacters(0, _ownIds[row] is { Length: > 0 } own ? own : PredictionIds.Write(_ids[row], id));
            to.SetDouble(1, _rows[row]);
            to.SetDouble(2, _times[row]);
            if (_layout.Task.IsClassification)
                to.SetText(3, _layout.Task.Classes[_classes[row]]);
            else
                to.SetSingle(3, _scores[row]);
            if (Confidences.Length > 0)
                to.SetSingle(4, Confidences[row]);
            for (var k = 0; k < _layout.Scores; k++)
                to.SetSingle(LogLayout.FirstScore + k, _scores[row * _layout.Scores + k]);
            for (var c = 0; c < _inputs.Length; c++)
                WriteInput(to, c, row);
            to.EndRow();
        }
    }

    /// <summary>Empties the block for the next rows.</summary>
    public void Clear()
    {
        Array.Clear(_ownIds, 0, Count);
        foreach (var input in _inputs)
            if (input is string?[])
                Array.Clear(input, 0, Count);
        _unknown.Clear();
        Count = 0;
    }

    private void AddPredictions(Predictions predictions, int from, int count)
    {
        if (!_layout.Task.IsClassification)
        {
            predictions.Scores.Slice(from, count).CopyTo(_scores.AsSpan(Count));
            return;
        }

        for (var i = 0; i < count; i++)
        {
            var k = predictions.ClassIndex(from + i);
            _classes[Count + i] = k;
            if (Confidences.Length > 0)
                Confidences[Count + i] = predictions.Probability(from + i, k);
        }

        if (_layout.Scores > 0)
            predictions.Scores.Slice(from * _layout.Scores, count * _layout.Scores).CopyTo(_scores.AsSpan(Count * _layout.Scores));
    }

    private void AddInput(Column column, Array to, IReadOnlyList<UnknownLevel> unknown, int slot, int from, int count)
    {
        switch (column)
        {
            case NumericColumn numbers:
                numbers.Values.Slice(from, count).CopyTo(((double[])to).AsSpan(Count));
                break;
            case TextColumn texts:
                texts.Values.Slice(from, count).CopyTo(((string?[])to).AsSpan(Count));
                break;
            case CategoryColumn categories:
                var codes = ((int[])to).AsSpan(Count, count);
                categories.Codes.Slice(from, count).CopyTo(codes);
                for (var u = 0; u < unknown.Count; u++)
                    if (unknown[u].Column == slot && unknown[u].Row >= from && unknown[u].Row < from + count)
                    {
                        codes[unknown[u].Row - from] = CategoryColumn.Unknown - 1 - _unknown.Count;
                        _unknown.Add(unknown[u].Text);
                    }

                break;
        }
    }

    private void WriteInput(TableWriter to, int input, int row)
    {
        var column = _layout.FirstInput + input;
        switch (_inputs[input])
        {
            case double[] numbers:
                to.SetDouble(column, numbers[row]);
                break;
            case string?[] texts:
                to.SetText(column, texts[row]);
                break;
            case int[] codes:
                var code = codes[row];
                to.SetText(column, code switch
                {
                    >= 0 => _layout.Inputs[input].Spec.Levels[code],
                    CategoryColumn.Missing => null,
                    CategoryColumn.Unknown => PredictionLog.UnknownLevel,
                    _ => _unknown[CategoryColumn.Unknown - 1 - code],
                });
                break;
        }
    }
}
