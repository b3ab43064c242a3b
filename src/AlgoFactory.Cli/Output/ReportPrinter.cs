using AlgoFactory.Hosting.Explaining;
using AlgoFactory.Learning;

namespace AlgoFactory.Cli.Output;

/// <summary>Prints the gist of a report, for people; all of it stands in the file.</summary>
internal static class ReportPrinter
{
    private const int Lines = 10;

    public static void Print(UnderstandingReport report)
    {
        Console.Out.WriteLine($"{report.Data.Rows} of {report.Data.Records} rows of {report.Data.Name}");
        if (report.Metrics is { } metrics)
        {
            var table = Tables.Of("metric", "value");
            foreach (var (name, value) in metrics)
                table.Add(name, Tables.Number(value));
            Tables.Print(table);
        }

        if (report.Permutation is { } permutation)
        {
            var table = Tables.Of("column", $"{permutation.Metric} lost when shuffled", "standard error");
            foreach (var column in permutation.Columns.Take(Lines))
                table.Add(column.Column, Tables.Number(column.Importance), Tables.Number(column.StandardError));
            Tables.Print(table);
        }

        if (report.Slices is { Slices.IsEmpty: false } slices)
        {
            var table = Tables.Of("worst segments", "rows", "loss", "elsewhere", "p");
            foreach (var slice in slices.Slices.Take(Lines))
                table.Add(string.Join(" and ", slice.Terms), $"{slice.Rows}", Tables.Number(slice.Loss), Tables.Number(slice.LossElsewhere), Tables.Number(slice.PValue));
            Tables.Print(table);
        }

        foreach (var groups in report.Fairness)
        {
            if (report.Card.Task.Kind == TaskKind.Multiclass)
                Console.Out.WriteLine($"Selected: predicted '{groups.Selected}'.");
            var table = Tables.Of(groups.Column, "rows", groups.Selected is null ? "mean prediction" : "selected", groups.Selected is null ? "mean error" : "true positive rate", groups.Selected is null ? "mean absolute error" : "false positive rate");
            foreach (var group in groups.Groups)
                table.Add(group.Name, $"{group.Rows}", Tables.Number(group.SelectionRate ?? group.MeanPrediction), Tables.Number(group.TruePositiveRate ?? group.MeanError), Tables.Number(group.FalsePositiveRate ?? group.MeanAbsoluteError));
            Tables.Print(table);
            if (groups.PassesFourFifths is { } passes)
                Console.Out.WriteLine($"{(passes ? "Passes" : "Fails")} the four-fifths rule: a ratio of {Tables.Number(groups.DemographicParityRatio)}.");
        }

        foreach (var finding in report.Leakage)
            Console.Out.WriteLine(finding.Text);
        foreach (var column in report.Quality)
            foreach (var finding in column.Findings)
                Console.Out.WriteLine($"The column '{column.Column}' {finding}.");
    }
}
