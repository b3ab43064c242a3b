using System.Globalization;
using System.Text;

namespace AlgoFactory.Learning.Explaining;

/// <summary>Writes a model card as Markdown.</summary>
public static class ModelCardText
{
    /// <summary>The card as Markdown; the same card gives the same text.</summary>
    public static string Write(ModelCard card)
    {
        var text = new StringBuilder();
        var (task, lineage) = (card.Task, card.Lineage);
        var kind = task.Kind.ToString().ToLowerInvariant();
        Line($"# Model card: {Plain(task.Label)}");
        Line("## Model details");
        Item("Task", task.IsClassification ? $"{kind} classification of {Code(task.Label)} ({string.Join(", ", task.Classes.Select(Code))})" : $"{kind} of {Code(task.Label)}");
        foreach (var member in card.Members)
            Item("Member", $"{Plain(member.Learner)} ({Plain(member.Format)}), share {Number(member.Weight)}{(member.FirstLayer is { } layer ? $", over {string.Join("; ", layer.Select(Plain))}" : "")}");
        if (card.Threshold is { } threshold)
            Item("Decision", $"{Code(task.Classes[^1])} from a probability of {Number(threshold)} on");
        Item("Made", lineage.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture));
        Item("Program", $"AlgoFactory {Plain(lineage.ProgramVersion)}");
        Item("Seed", Number(lineage.Seed));
        Item("Budget", lineage.BudgetSeconds is { } budget ? $"{Number(budget)} s, {lineage.Trials} trials" : $"{lineage.Trials} trials");
        Line();
        Line("## Intended use");
        Line($"To predict {Code(task.Label)} from the {card.ColumnCount} columns below, for rows that come about as the training data did.");
        Line("## Factors");
        Line("| column | kind | missing | different values | middle 98 % |");
        Line("|---|---|---|---|---|");
        foreach (var column in card.Columns)
            Line($"| {Code(column.Name)} | {column.Kind.ToString().ToLowerInvariant()} | {Share(column.MissingShare)} | {column.Distinct} | {(column.From is { } from ? $"{Number(from)} to {Number(column.To!.Value)}" : "")} |");
        Line();
        if (card.ColumnCount > card.Columns.Length)
            Line($"{card.ColumnCount - card.Columns.Length} more columns are not listed.");
        if (!card.Ignored.IsEmpty)
            Line($"Not used: {string.Join(", ", card.Ignored.Select(Code))}.");
        Line("## Metrics");
        Line($"Optimised: {Plain(lineage.Metric)}. On rows that the models were not fitted on ({Plain(lineage.Validation)}):");
        Line("| metric | value |");
        Line("|---|---|");
        foreach (var (metric, value) in card.Metrics)
            Line($"| {Plain(metric)} | {Number(value)} |");
        Line();
        Line("## Training and evaluation data");
        Item("Data", Code(lineage.DataName));
        Item("Rows", Number(lineage.Rows));
        Item("Validation", Plain(lineage.Validation));
        Line();
        if (!card.Importance.IsEmpty)
        {
            Line("## What matters");
            Line("| column | share of importance |");
            Line("|---|---|");
            foreach (var column in card.Importance)
                Line($"| {Code(column.Column)} | {Share(column.Share)} |");
            Line();
        }

        if (!lineage.Leaderboard.IsEmpty)
        {
            Line("## Leaderboard");
            Line($"| rank | learner | {Plain(lineage.Metric)} | seconds |");
            Line("|---|---|---|---|");
            foreach (var trial in lineage.Leaderboard)
                Line($"| {trial.Rank?.ToString(CultureInfo.InvariantCulture) ?? ""} | {Plain(trial.Learner)} | {(trial.Score is { } score ? Number(score) : "failed")} | {trial.FitSeconds.ToString("0.00", CultureInfo.InvariantCulture)} |");
            Line();
        }

        Line("## Caveats and limits");
        foreach (var limit in card.Limits.Concat(lineage.Warnings))
            text.Append("- ").Append(Plain(limit)).Append('\n');
        return text.ToString();

        void Item(string name, string value) => text.Append("- **").Append(name).Append("**: ").Append(value).Append('\n');

        // Headings and paragraphs stand apart; rows of a table do not.
        void Line(string line = "")
        {
            text.Append(line).Append('\n');
            if (line.Length > 0 && line[0] != '|')
                text.Append('\n');
        }
    }

    private static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    private static string Share(double share) => share.ToString("0.0 %", CultureInfo.InvariantCulture);

    // Names come from data: they must neither end a table's cell nor start markup.
    private static string Code(string name) => $"`{OneLine(name).Replace('`', '\'').Replace("|", "\\|", StringComparison.Ordinal)}`";

    private static string Plain(string text)
    {
        var plain = new StringBuilder();
        foreach (var letter in OneLine(text))
            plain.Append(letter is '|' or '<' or '*' or '_' or '[' or ']' or '`' or '#' or '\\' ? $"\\{letter}" : letter.ToString());
        return plain.ToString();
    }

    private static string OneLine(string text) => string.Concat(text.Select(l => char.IsControl(l) ? ' ' : l));
}
