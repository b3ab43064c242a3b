using System.CommandLine;
using AlgoFactory.Cli.Output;
using AlgoFactory.Hosting;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Learning.Learners;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>train FILE --label COL</c>: a file in, a leaderboard and a saved model out.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var options = new TrainOptions();
        var command = new Command("train", "Search for the best model of a table and save it.");
        options.AddTo(command);
        command.SetAction((line, _) => CommandRun.RunAsync(cancellation => RunAsync(options, line, cancellation)));
        return command;
    }

    private static async Task RunAsync(TrainOptions options, ParseResult line, CancellationToken cancellation)
    {
        var request = options.Request(line);
        var upload = options.Upload(line);
        upload?.Check();
        TrainReport report;
        using (var progress = TrainProgress.Create())
            report = await Task.Run(
                () => new TrainModel(BuiltIn.Catalog, TimeProvider.System).RunAsync(request, progress.Show, cancellation), cancellation);
        if (upload is not null)
            await upload.SendAsync(report.Model, cancellation);
        foreach (var warning in report.Warnings)
            await Console.Error.WriteLineAsync($"warning: {warning}");
        if (line.GetValue(options.Json))
            Console.Out.WriteLine(ReportJson.Write(report));
        else
            LeaderboardPrinter.Print(report);
    }
}
