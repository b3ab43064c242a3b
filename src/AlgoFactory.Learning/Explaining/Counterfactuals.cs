using System.Collections.Immutable;
using AlgoFactory.Data.Frames;

namespace AlgoFactory.Learning.Explaining;

/// <summary>
/// What would have to be different in a row for another prediction (Wachter, Mittelstadt and Russell 2017): few columns changed,
/// to values that rows really have, nearby ones first. A beam search: all single changes, then further changes of the best.
/// </summary>
/// <remarks>
/// It says what changes the model's answer, not what would change the world: columns that nobody can change belong into
/// <see cref="CounterfactualQuery.Fixed"/>. Texts are never changed.
/// </remarks>
public static class Counterfactuals
{
    private const int Values = 16;
    private const int Beam = 24;

    /// <summary>Searches.</summary>
    /// <param name="predictor">The model.</param>
    /// <param name="reference">Rows whose values may be taken, bound to the model's columns.</param>
    /// <param name="row">The row, alone in a frame.</param>
    /// <param name="query">What is wanted.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="LearningException">The query does not fit the model.</exception>
    public static CounterfactualReport Find(
        Predictor predictor, Frame reference, Frame row, CounterfactualQuery query, CancellationToken cancellation = default)
    {
        PredictorExplainer.Check(predictor.Task);
        foreach (var name in query.Fixed)
            if (row.Find(name) is null)
                throw new LearningException($"The model has no column '{name}' to keep as it is{Data.NearestName.Hint(name, row.Columns.Select(c => c.Name))}.");
        var start = predictor.Predict(row);
        var goal = Goal.Of(start, query);
        var moves = Moves(reference, row, query.Fixed);
        var found = new Dictionary<string, Attempt>(StringComparer.Ordinal);
        var (best, tried) = (new Attempt([], 0, goal.Gap(start, 0)), 0);
        if (!goal.IsReached(start, 0))
        {
            var beam = new List<Attempt> { best };
            for (var size = 1; size <= query.MaxChanges && beam.Count > 0 && found.Count < query.Count; size++)
            {
                cancellation.ThrowIfCancellationRequested();
                var next = Expand(beam, moves, found.Keys);
                tried += next.Count;
                var open = new List<Attempt>();
                foreach (var attempt in Predict(predictor, row, next, moves, goal))
                {
                    best = attempt.Gap < best.Gap ? attempt : best;
                    if (attempt.Gap > 0)
                        open.Add(attempt);
                    else if (Set(attempt, moves) is var columns && (!found.TryGetValue(columns, out var known) || attempt.Cost < known.Cost))
                        found[columns] = attempt;
                }

                // Ever more changes to one column's values must not crowd out the others: the best of each set of columns.
                beam = [.. open.OrderBy(a => a.Gap).ThenBy(a => a.Cost).DistinctBy(a => Set(a, moves)).Take(Beam)];
            }
        }

        var answers = found.Values.OrderBy(a => a.Changes.Length).ThenBy(a => a.Cost).Take(query.Count);
        return new CounterfactualReport(
            goal.IsReached(start, 0), Answer(predictor, row, [], moves), tried,
            [.. answers.Select(a => Answer(predictor, row, a.Changes, moves))],
            found.Count == 0 && best.Changes.Length > 0 ? Answer(predictor, row, best.Changes, moves) : null);
    }

    // Every value of every column that may change, with how far it is from the row's own.
    private static List<Move> Moves(Frame reference, Frame row, ImmutableArray<string> unchanged)
    {
        var moves = new List<Move>();
        for (var c = 0; c < row.Columns.Length; c++)
        {
            if (unchanged.Contains(row.Columns[c].Name) || EffectGrid.Of(reference.Columns[c], Values) is not { } grid)
                continue;
            var scale = grid.Column is NumericColumn { Values: var points } ? points[points.Length * 3 / 4] - points[points.Length / 4] is > 0 and var middle ? middle : points[^1] - points[0] : 1;
            for (var g = 0; g < grid.Count; g++)
            {
                var distance = (row.Columns[c], grid.Column) switch
                {
                    (NumericColumn own, NumericColumn other) => double.IsNaN(own.Values[0]) ? 1 : Math.Abs(own.Values[0] - other.Values[g]) / scale,
                    (CategoryColumn own, CategoryColumn other) => own.Codes[0] == other.Codes[g] ? 0 : 1,
                    _ => 0,
                };
                if (distance > 0)
                    moves.Add(new Move(c, grid.Column, g, distance));
            }
        }

        return moves;
    }

    // Changes go by rising column, so that no set is made twice; sets of columns that are answers already need no more.
    private static List<Attempt> Expand(List<Attempt> beam, List<Move> moves, IReadOnlyCollection<string> found)
    {
        var made = new HashSet<string>(StringComparer.Ordinal);
        var next = new List<Attempt>();
        foreach (var attempt in beam)
        {
            for (var m = 0; m < moves.Count; m++)
            {
                if (attempt.Changes.Any(change => moves[change].Column == moves[m].Column))
                    continue;
                ImmutableArray<int> changes = [.. attempt.Changes.Append(m).Order()];
                if (made.Add(string.Join(',', changes)) && !found.Any(f => Contains(changes, f)))
                    next.Add(new Attempt(changes, attempt.Cost + moves[m].Distance, 0));
            }
        }

        return next;

        bool Contains(ImmutableArray<int> changes, string columns) => columns.Split(',').All(c => changes.Any(m => moves[m].Column.ToString(System.Globalization.CultureInfo.InvariantCulture) == c));
    }

    private static IEnumerable<Attempt> Predict(Predictor predictor, Frame row, List<Attempt> attempts, List<Move> moves, Goal goal)
    {
        const int batch = 4096;
        for (var first = 0; first < attempts.Count; first += batch)
        {
            var some = attempts.GetRange(first, Math.Min(batch, attempts.Count - first));
            var predictions = predictor.Predict(Apply(row, some, moves));
            for (var i = 0; i < some.Count; i++)
                yield return some[i] with { Gap = goal.Gap(predictions, i) };
        }
    }

    // Copies of the row with the attempts' values put in.
    private static Frame Apply(Frame row, List<Attempt> attempts, List<Move> moves)
    {
        var columns = ImmutableArray.CreateBuilder<Column>(row.Columns.Length);
        for (var c = 0; c < row.Columns.Length; c++)
        {
            if (attempts.SelectMany(a => a.Changes).Select(m => moves[m]).FirstOrDefault(m => m.Column == c) is not { } any)
            {
                columns.Add(row.Columns[c].Take(new int[attempts.Count]));
                continue;
            }

            var source = Frame.Concat(new Frame(any.Values.Length, [any.Values]), new Frame(1, [row.Columns[c]])).Columns[0];
            columns.Add(source.Take([.. attempts.Select(a => a.Changes.Where(m => moves[m].Column == c).Select(m => moves[m].Value).DefaultIfEmpty(any.Values.Length).First())]));
        }

        return new Frame(attempts.Count, columns.MoveToImmutable());
    }

    private static Counterfactual Answer(Predictor predictor, Frame row, ImmutableArray<int> changes, List<Move> moves)
    {
        var predictions = predictor.Predict(Apply(row, [new Attempt(changes, 0, 0)], moves));
        var specs = predictor.InputColumns;
        return new Counterfactual(
            [.. changes.Select(m => moves[m]).Select(m => new ColumnChange(
                row.Columns[m.Column].Name, Text(row.Columns[m.Column], 0), Text(m.Values, m.Value)!))],
            !predictor.Task.IsClassification ? null : predictor.Task.Classes[predictions.ClassIndex(0)],
            predictor.Task.IsClassification ? null : predictions.Value(0),
            !predictor.Task.IsClassification ? null : predictions.Probability(0, predictions.ClassIndex(0)));

        string? Text(Column column, int at) => column.IsMissing(at) ? null : column switch
        {
            NumericColumn numbers => ColumnText.Of(numbers.Values[at], specs.First(s => s.Name == column.Name)),
            CategoryColumn { Codes: var codes, Levels: var levels } => codes[at] >= 0 ? levels[codes[at]] : "(unknown)",
            TextColumn texts => texts.Values[at],
            _ => null,
        };
    }

    private static string Set(Attempt attempt, List<Move> moves) =>
        string.Join(',', attempt.Changes.Select(m => moves[m].Column.ToString(System.Globalization.CultureInfo.InvariantCulture)));

    private sealed record Move(int Column, Column Values, int Value, double Distance);

    private sealed record Attempt(ImmutableArray<int> Changes, double Cost, double Gap);

    /// <summary>What shall be predicted.</summary>
    private sealed record Goal(int Class, double Low, double High)
    {
        public static Goal Of(Predictions now, CounterfactualQuery query)
        {
            var task = now.Task;
            if (!task.IsClassification)
            {
                if (query.Class is not null)
                    throw new LearningException("The model predicts a number: say from where to where it shall lie, not a class.");
                return query.Low is null && query.High is null
                    ? throw new LearningException("Say from where or up to where the predicted number shall lie.")
                    : query.Low > query.High
                    ? throw new LearningException("The range of numbers is empty: its lower end lies above its upper one.")
                    : new Goal(-1, query.Low ?? double.NegativeInfinity, query.High ?? double.PositiveInfinity);
            }

            if (query.Low is not null || query.High is not null)
                throw new LearningException($"The model predicts a class: say which, one of {string.Join(", ", task.Classes.Take(10))}.");
            var wanted = query.Class is { } name ? task.Classes.IndexOf(name) : Runner(now);
            return wanted >= 0
                ? new Goal(wanted, 0, 0)
                : throw new LearningException($"The model knows no class '{query.Class}'; its classes are {string.Join(", ", task.Classes.Take(10))}.");
        }

        // The likeliest class that is not predicted.
        private static int Runner(Predictions now) =>
            Enumerable.Range(0, now.Task.Classes.Length).Where(c => c != now.ClassIndex(0)).MaxBy(c => now.Probability(0, c));

        public bool IsReached(Predictions predictions, int row) => Gap(predictions, row) <= 0;

        /// <summary>How much is missing; 0 or less when the goal is reached.</summary>
        public double Gap(Predictions predictions, int row)
        {
            if (!predictions.Task.IsClassification)
                return Math.Max(0, Math.Max(Low - predictions.Value(row), predictions.Value(row) - High));
            return predictions.ClassIndex(row) == Class ? 0 : Math.Max(1e-9, 1 - predictions.Probability(row, Class));
        }
    }
}

/// <summary>What is wanted of a counterfactual.</summary>
public sealed record CounterfactualQuery
{
    /// <summary>The class that shall be predicted; null: the likeliest one that is not.</summary>
    public string? Class { get; init; }

    /// <summary>Regression: the least value that shall be predicted; null: no limit.</summary>
    public double? Low { get; init; }

    /// <summary>Regression: the largest value that shall be predicted; null: no limit.</summary>
    public double? High { get; init; }

    /// <summary>Columns that must stay as they are.</summary>
    public ImmutableArray<string> Fixed { get; init; } = [];

    /// <summary>Columns that may change at once.</summary>
    public int MaxChanges { get; init; } = 3;

    /// <summary>Answers at most, each of another set of columns.</summary>
    public int Count { get; init; } = 5;
}

/// <summary>What would have to be different in a row.</summary>
/// <param name="IsReached">Whether the row is predicted as wanted as it is.</param>
/// <param name="Now">What is predicted for the row as it is.</param>
/// <param name="Tried">Variants of the row that were predicted.</param>
/// <param name="Answers">The answers: fewer changes first, then nearer ones.</param>
/// <param name="Closest">The variant that comes closest, where there is no answer.</param>
public sealed record CounterfactualReport(bool IsReached, Counterfactual Now, int Tried, ImmutableArray<Counterfactual> Answers, Counterfactual? Closest);

/// <summary>A variant of a row.</summary>
/// <param name="Changes">What is different.</param>
/// <param name="Class">The class that is predicted.</param>
/// <param name="Value">Regression: the value that is predicted.</param>
/// <param name="Probability">The predicted class's probability.</param>
public sealed record Counterfactual(ImmutableArray<ColumnChange> Changes, string? Class, double? Value, double? Probability);

/// <summary>A column's change.</summary>
/// <param name="Column">The column.</param>
/// <param name="From">The row's own value; null: missing.</param>
/// <param name="To">The other value.</param>
public sealed record ColumnChange(string Column, string? From, string To);
