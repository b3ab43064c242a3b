using System.CommandLine;
using AlgoFactory.Hosting;
using AlgoFactory.Hosting.Exporting;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>compress MODEL.afm --data FILE --int8 --out FILE</c>: a model with smaller networks, measured before and after.</summary>
internal static class CompressCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "A model file (.afm) with a network: cnn, transformer or fusion." };
        var data = new Option<string>("--data") { Description = "A table, or images, with the label: both models are measured on it.", HelpName = "FILE", Required = true };
        var output = new Option<string>("--out") { Description = "The model file to write.", HelpName = "FILE", Required = true };
        var int8 = new Option<bool>("--int8") { Description = "8-bit weights, multiplied as whole numbers (dynamic quantisation)." };
        var prune = new Option<double?>("--prune") { Description = "Set that share of the weights to 0, the smallest first; 0.5, say.", HelpName = "SHARE" };
        var json = new Option<bool>("--json") { Description = "Write one JSON object to standard output." };
        var reading = new ReadingOptions();
        var command = new Command("compress", "Make a model's networks smaller, and measure what it costs.") { model, data, output, int8, prune, json };
        reading.AddTo(command);
        command.SetAction((line, _) => CommandRun.RunAsync(cancellation =>
        {
            var loaded = ModelFile.Load(line.GetRequiredValue(model), BuiltIn.Readers);
            var report = CompressModel.Run(
                loaded, new CompressionRequest(line.GetValue(int8), line.GetValue(prune)), line.GetRequiredValue(data), line.GetRequiredValue(output),
                reading.Of(line), cancellation);
            if (line.GetValue(json))
                Console.Out.WriteLine(ReportJson.Write(report));
            else
                Print(report);
            return Task.CompletedTask;
        }));
        return command;
    }

    private static void Print(CompressionReport report)
    {
        var done = report.Compression;
        Console.Out.WriteLine($"{report.Model}: {done.Method}, measured on {done.Rows:N0} rows of {done.DataName}");
        Console.Out.WriteLine($"{"",-8}{"networks",16}{"a row",14}  {done.Metric}");
        foreach (var (name, size) in new[] { ("before", done.Before), ("after", done.After) })
            Console.Out.WriteLine($"{name,-8}{size.Bytes,10:N0} bytes{size.RowMicroseconds,11:N0} µs  {size.Score?.ToString("0.#####", System.Globalization.CultureInfo.InvariantCulture) ?? "not defined"}");
    }
}
