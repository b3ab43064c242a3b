using System.Text.Json.Nodes;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Artefacts;

/// <summary>A post-processing that does not fit its model is refused in one sentence, and never applied.</summary>
public sealed class PostDocumentTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_model_with_a_threshold_alone_stays_readable_to_older_programs()
    {
        TinyModels.Fit().Save(_folder["m.afm"]);
        System.Text.Encoding.UTF8.GetString(new TamperedFile(_folder["m.afm"])["post.json"]).ShouldBe("{\"format\":\"threshold/1\",\"threshold\":0.4}");
    }

    [Theory]
    [InlineData(TaskKind.Binary, "calibration", "/calibration/maps/0/knots/0", "3")]
    [InlineData(TaskKind.Binary, "calibration", "/calibration/maps/0/knots/0", "\"NaN\"")]
    [InlineData(TaskKind.Binary, "calibration", "/calibration/maps/0/values/1", "-9")]
    [InlineData(TaskKind.Binary, "calibration", "/calibration/maps/0/values", "[1]")]
    [InlineData(TaskKind.Binary, "calibration", "/calibration/maps/0/slope", "0")]
    [InlineData(TaskKind.Binary, "calibration", "/calibration/maps", "[]")]
    [InlineData(TaskKind.Binary, "calibration", "/calibration/method", "\"temperature\"")]
    [InlineData(TaskKind.Binary, "calibration", "/calibration/method", "\"magic\"")]
    [InlineData(TaskKind.Binary, "sets", "/sets/scores", "[]")]
    [InlineData(TaskKind.Binary, "sets", "/sets/scores/0/values/0", "\"Infinity\"")]
    [InlineData(TaskKind.Binary, "sets", "/sets/scores/0/values/0", "2")]
    [InlineData(TaskKind.Binary, "sets", "/sets/scores/0/rows", "1")]
    [InlineData(TaskKind.Binary, "threshold", "/thresholdRule", "\"whatever\"")]
    [InlineData(TaskKind.Multiclass, "calibration", "/calibration/exponent", "\"Infinity\"")]
    [InlineData(TaskKind.Multiclass, "calibration", "/calibration/exponent", "-1")]
    [InlineData(TaskKind.Regression, "intervals", "/intervals/scale/values/0", "0")]
    [InlineData(TaskKind.Regression, "intervals", "/intervals/scale/knots", "[]")]
    [InlineData(TaskKind.Regression, "intervals", "/intervals/floor", "\"NaN\"")]
    [InlineData(TaskKind.Regression, "intervals", "/intervals/residuals/values", "[2, 1]")]
    [InlineData(TaskKind.Regression, "post.json", "/intervals/residuals", "null")]
    public void What_does_not_fit_is_refused(TaskKind kind, string named, string path, string value)
    {
        TinyModels.Trusted(kind).Save(_folder["m.afm"]);
        ModelFile.Load(_folder["m.afm"], BuiltIn.Readers);
        new TamperedFile(_folder["m.afm"]).EditJson("post.json", j => Set(j, path, value)).Resign().Save(_folder["bad.afm"]);
        Should.Throw<ArtefactFormatException>(() => ModelFile.Load(_folder["bad.afm"], BuiltIn.Readers)).Message.ShouldContain(named);
    }

    [Fact]
    public void The_post_processing_of_another_task_is_refused()
    {
        TinyModels.Trusted(TaskKind.Regression).Save(_folder["m.afm"]);
        TinyModels.Trusted(TaskKind.Binary).Save(_folder["other.afm"]);
        var file = new TamperedFile(_folder["m.afm"]);
        file["post.json"] = new TamperedFile(_folder["other.afm"])["post.json"];
        file.Resign().Save(_folder["bad.afm"]);
        Should.Throw<ArtefactFormatException>(() => ModelFile.Load(_folder["bad.afm"], BuiltIn.Readers)).Message.ShouldContain("calibration");
    }

    private static void Set(JsonNode root, string path, string value)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var node = parts[..^1].Aggregate(root, (at, part) => int.TryParse(part, out var index) ? at[index]! : at[part]!);
        if (int.TryParse(parts[^1], out var last))
            node[last] = JsonNode.Parse(value);
        else
            node[parts[^1]] = JsonNode.Parse(value);
    }
}
