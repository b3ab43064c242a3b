using System.CommandLine;
using AlgoFactory.Cli.Output;
using AlgoFactory.Hosting;
using AlgoFactory.Hosting.Description;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>describe FILE</c>: what the columns of a file are.</summary>
internal static class DescribeCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A table: CSV, TSV, Parquet, JSON Lines or XLSX; or images." };
        var json = new Option<bool>("--json") { Description = "Write one JSON object to standard output." };
        var reading = new ReadingOptions();
        var command = new Command("describe", "Show a file's columns: kind, role, missing values, suggested targets.") { file, json };
        reading.AddTo(command);
        command.SetAction((line, _) => CommandRun.RunAsync(cancellation =>
        {
            var report = DescribeData.Run(line.GetRequiredValue(file), reading.Of(line), cancellation);
            if (line.GetValue(json))
                Console.Out.WriteLine(ReportJson.Write(report));
            else
                DataPrinter.Print(report);
            return Task.CompletedTask;
        }));
        return command;
    }
}
