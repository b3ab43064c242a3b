using System.Text.Json;
using AlgoFactory.TestKit.Models;

namespace AlgoFactory.Benchmarks.Serving;

/// <summary>
/// <c>serving-model FOLDER</c>: a model of 100 boosted trees on 15 mixed columns as <c>model.afm</c>, another one of other rows as
/// <c>next.afm</c>, and a request of one row as <c>body.json</c>.
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
    }
}
