using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Query;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;

namespace AlgoFactory.Serving.Monitoring;

/// <summary>Rows of the log, bound to a model's inputs as they were when they were predicted.</summary>
/// <param name="Rows">The inputs; those that are not logged are missing.</param>
/// <param name="Predictions">The predictions; of more classes than <see cref="LogLayout.MostScores"/>, without scores: null.</param>
/// <param name="Classes">Classification: the predicted class a row; -1: none of the model's.</param>
/// <param name="Times">When, in seconds since 1970.</param>
/// <param name="Inputs">The inputs that are logged.</param>
public sealed record LoggedRows(Frame Rows, Predictions? Predictions, int[] Classes, double[] Times, ImmutableArray<LoggedInput> Inputs)
{
    /// <summary>The probability of the predicted class a row; empty for regressions.</summary>
    public float[] Confidences { get; init; } = [];

    /// <summary>Values that are none of their column's levels, by column, the most frequent first.</summary>
    public ImmutableDictionary<string, ImmutableArray<LevelCount>> NewLevels { get; init; } = ImmutableDictionary<string, ImmutableArray<LevelCount>>.Empty;

    /// <summary>The labels that feedback has brought, by row: a class's index or a number; NaN: none yet. Empty when not asked for.</summary>
    public float[] Labels { get; init; } = [];
}

/// <summary>A label that feedback has brought.</summary>
/// <param name="Id">The prediction's id.</param>
/// <param name="Row">The row within the request.</param>
/// <param name="Text">The true value.</param>
public readonly record struct KnownLabel(string Id, int Row, string Text);

/// <summary>Which rows are taken where there are more than are wanted.</summary>
public enum RowPick
{
    /// <summary>Rows drawn evenly, the same ones each time.</summary>
    Even,

    /// <summary>The newest rows.</summary>
    Newest,

    /// <summary>The oldest rows.</summary>
    Oldest,
}

/// <summary>Reads a deployment's log.</summary>
public sealed class LogReader(LogParts parts)
{
    /// <summary>Rows of one version within a time; of more than <paramref name="most"/> those that <paramref name="pick"/> says.</summary>
    /// <param name="deployment">The deployment.</param>
    /// <param name="model">The model's name; null: any.</param>
    /// <param name="version">Its version; null: any.</param>
    /// <param name="predictor">The model.</param>
    /// <param name="policy">What is logged.</param>
    /// <param name="from">From when on.</param>
    /// <param name="until">Until when.</param>
    /// <param name="most">Rows at most.</param>
    /// <param name="pick">Which ones, where there are more.</param>
    /// <param name="labels">The labels that are known, to be joined; null: none.</param>
    /// <param name="cancellation">Ends the read.</param>
    /// <returns>The rows by time; null when there are none.</returns>
    /// <exception cref="IOException">The log cannot be read.</exception>
    public LoggedRows? Read(
        string deployment, string? model, int? version, Predictor predictor, LogPolicy policy, DateTimeOffset from, DateTimeOffset until,
        int most, RowPick pick = RowPick.Even, IReadOnlyCollection<KnownLabel>? labels = null, CancellationToken cancellation = default)
    {
        var files = parts.Between(deployment, model, version, from, until);
        if (files.IsEmpty)
            return null;
        using var query = PartsQuery.Open(files.Select(f => f.Path), parts.Options);
        var layout = new LogLayout(predictor, policy);
        var stored = query.Columns().ToHashSet(StringComparer.OrdinalIgnoreCase);
        // A column that was masked when the rows were written is not there: it is as if it were masked now.
        var inputs = layout.Inputs.Where(i => stored.Contains(i.Name)).ToImmutableArray();
        var select = new List<string> { LogLayout.At, $"CAST({LogLayout.Prediction} AS VARCHAR)", LogLayout.Confidence };
        // Parts of another version may have fewer classes.
        select.AddRange(Enumerable.Range(0, layout.Scores).Select(k => LogLayout.Score + k.ToString(CultureInfo.InvariantCulture))
            .Select(name => stored.Contains(name) ? PartsQuery.Name(name) : "NULL::FLOAT"));
        select.AddRange(inputs.Select(i => i.IsNumber ? $"TRY_CAST({PartsQuery.Name(i.Name)} AS DOUBLE)" : $"CAST({PartsQuery.Name(i.Name)} AS VARCHAR)"));
        var source = $"SELECT * FROM parts WHERE {LogLayout.At} >= {Seconds(from)} AND {LogLayout.At} < {Seconds(until)}";
        if (labels is not null)
        {
            LoadLabels(query, labels);
            source = $"SELECT p.*, l.label AS feedback_label FROM ({source}) p JOIN labels l ON p.{LogLayout.Id} = l.id AND p.{LogLayout.Row} = l.row";
            select.Add("feedback_label");
        }

        var limited = pick == RowPick.Even
            ? $"SELECT * FROM ({source}) USING SAMPLE reservoir({most} ROWS) REPEATABLE (1)"
            : $"SELECT * FROM ({source}) ORDER BY {LogLayout.At} {(pick == RowPick.Newest ? "DESC" : "ASC")}, {LogLayout.Id}, {LogLayout.Row} LIMIT {most}";
        var builder = new Builder(predictor, layout, inputs, labels is not null);
        query.Read($"SELECT {string.Join(", ", select)} FROM ({limited}) ORDER BY {LogLayout.At}, {LogLayout.Id}, {LogLayout.Row}", builder.Add, cancellation);
        return builder.Build();
    }

    /// <summary>Rows of a version within a time.</summary>
    /// <exception cref="IOException">The log cannot be read.</exception>
    public long Count(string deployment, string model, int version, DateTimeOffset from, DateTimeOffset until)
    {
        var files = parts.Between(deployment, model, version, from, until);
        if (files.IsEmpty)
            return 0;
        using var query = PartsQuery.Open(files.Select(f => f.Path), parts.Options);
        long count = 0;
        query.Read($"SELECT count(*) FROM parts WHERE {LogLayout.At} >= {Seconds(from)} AND {LogLayout.At} < {Seconds(until)}", row => count = (long)row.Number(0));
        return count;
    }

    /// <summary>Which of these ids stand in the log.</summary>
    /// <param name="ids">Ids, such as those that callers gave themselves.</param>
    /// <param name="from">Not before.</param>
    /// <param name="until">Not after.</param>
    /// <exception cref="IOException">The log cannot be read.</exception>
    public HashSet<string> Find(IReadOnlyCollection<string> ids, DateTimeOffset from, DateTimeOffset until)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        var files = parts.List().Where(p => p.Until >= from && p.From <= until).ToArray();
        if (files.Length == 0 || ids.Count == 0)
            return found;
        using var query = PartsQuery.Open(files.Select(f => f.Path), parts.Options);
        query.Read(
            $"SELECT DISTINCT {LogLayout.Id} FROM parts WHERE {LogLayout.Id} IN ({string.Join(", ", ids.Select(PartsQuery.Text))})",
            row => found.Add(row.Text(0)!));
        return found;
    }

    private static void LoadLabels(PartsQuery query, IReadOnlyCollection<KnownLabel> labels)
    {
        const int batch = 1000;
        query.Run("CREATE TABLE labels (id VARCHAR, row DOUBLE, label VARCHAR)");
        foreach (var chunk in labels.Chunk(batch))
            query.Run("INSERT INTO labels VALUES " + string.Join(", ", chunk.Select(l => string.Create(CultureInfo.InvariantCulture, $"({PartsQuery.Text(l.Id)}, {l.Row}, {PartsQuery.Text(l.Text)})"))));
    }

    private static string Seconds(DateTimeOffset at) => (at.ToUnixTimeMilliseconds() / 1000.0).ToString("R", CultureInfo.InvariantCulture);

    private sealed class Builder(Predictor predictor, LogLayout layout, ImmutableArray<LoggedInput> inputs, bool hasLabels)
    {
        private const int At = 0, Prediction = 1, Confidence = 2, FirstScore = 3;
        private const int MostNewLevels = 1000, ShownNewLevels = 5;

        private readonly FrameBuilder _frame = new(predictor.InputColumns);
        private readonly Dictionary<string, int> _classes = predictor.Task.Classes.Select((c, i) => (c, i)).ToDictionary(c => c.c, c => c.i, StringComparer.Ordinal);
        private readonly List<float> _scores = [], _labels = [], _confidences = [];
        private readonly List<int> _predicted = [];
        private readonly List<double> _times = [];
        private readonly Dictionary<string, Dictionary<string, long>> _new = new(StringComparer.Ordinal);

        public void Add(QueryRow row)
        {
            _times.Add(row.Number(At));
            var text = row.Text(Prediction);
            if (layout.Task.IsClassification)
            {
                _predicted.Add(text is not null && _classes.TryGetValue(text, out var k) ? k : -1);
                for (var s = 0; s < layout.Scores; s++)
                    _scores.Add((float)row.Number(FirstScore + s));
                _confidences.Add(layout.Task.Kind == TaskKind.Binary ? Math.Max(_scores[^1], 1 - _scores[^1]) : (float)row.Number(Confidence));
            }
            else
            {
                _scores.Add(text is null ? float.NaN : float.Parse(text, CultureInfo.InvariantCulture));
            }

            for (var i = 0; i < inputs.Length; i++)
                if (!row.IsMissing(FirstScore + layout.Scores + i))
                    Bind(row, inputs[i], FirstScore + layout.Scores + i);
            _frame.EndRow();
            if (hasLabels)
                _labels.Add(LabelOf(row.Text(FirstScore + layout.Scores + inputs.Length)));
        }

        public LoggedRows? Build() => _times.Count == 0 ? null : new LoggedRows(
            _frame.Build(),
            layout.Task.IsClassification && layout.Scores == 0 ? null : new Predictions(layout.Task, predictor.Post, [.. _scores]),
            [.. _predicted], [.. _times], inputs)
        {
            NewLevels = _new.ToImmutableDictionary(
                c => c.Key, c => c.Value.OrderByDescending(l => l.Value).ThenBy(l => l.Key, StringComparer.Ordinal).Take(ShownNewLevels).Select(l => new LevelCount(l.Key, l.Value)).ToImmutableArray()),
            Labels = [.. _labels],
            Confidences = [.. _confidences],
        };

        private void Bind(QueryRow row, LoggedInput input, int column)
        {
            if (input.Spec.Kind == ColumnKind.DateTime)
                _frame.SetInstant(input.Slot, row.Number(column));
            else if (input.Spec.Kind == ColumnKind.Boolean)
                _frame.SetBoolean(input.Slot, row.Number(column) != 0);
            else if (input.IsNumber)
                _frame.SetNumber(input.Slot, row.Number(column));
            else if (_frame.SetText(input.Slot, row.Utf8(column)) == BindResult.UnknownLevel)
                Count(input.Spec.Name, row.Text(column)!);
        }

        private void Count(string column, string level)
        {
            if (!_new.TryGetValue(column, out var levels))
                _new.Add(column, levels = new Dictionary<string, long>(StringComparer.Ordinal));
            if (levels.Count < MostNewLevels || levels.ContainsKey(level))
                levels[level] = levels.GetValueOrDefault(level) + 1;
        }

        private float LabelOf(string? text) => text is null ? float.NaN
            : layout.Task.IsClassification ? _classes.TryGetValue(text, out var k) ? k : -1
            : float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : float.NaN;
    }
}
