using System.Globalization;
using System.Text.Json;
using AlgoFactory.Data.Schemas;
using AlgoFactory.TestKit.Models;

namespace AlgoFactory.Benchmarks.Serving;

/// <summary>
/// <c>serving-model FOLDER</c>: a model of 100 boosted trees on 15 mixed columns as <c>model.afm</c>, another one of other rows as
/// <c>next.afm</c>, and a request of one row as <c>body.json</c>. <c>serving-model FOLDER ROWS</c>: also that many rows of the same
/// table as <c>rows.csv</c>.
/// </summary>
internal static class ServingModel
{
    private const int Trees = 100;
    private const int TrainingRows = 20_000;

    public static void Run(string[] args)
    {
        var folder = args[0];
        MixedModel.Fit(Trees, TrainingRows).Save(Path.Combine(folder, "model.afm"));
        MixedModel.Fit(Trees, TrainingRows, seed: 2).Save(Path.Combine(folder, "next.afm"));
        File.WriteAllText(Path.Combine(folder, "body.json"), JsonSerializer.Serialize(new { rows = new[] { MixedModel.Row(new Random(7)) } }));
        if (args.Length > 1)
            WriteCsv(Path.Combine(folder, "rows.csv"), int.Parse(args[1], CultureInfo.InvariantCulture));
    }

    private static void WriteCsv(string path, int rows)
    {
        var random = new Random(3);
        using var writer = new StreamWriter(path);
        writer.WriteLine(string.Join(',', MixedModel.Schema.Features.Select(c => c.Name)));
        for (var r = 0; r < rows; r++)
            writer.WriteLine(string.Join(',', MixedModel.Row(random).Values.Select(v => Convert.ToString(v, CultureInfo.InvariantCulture))));
    }
}
