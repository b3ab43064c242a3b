using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Stacking;

/// <summary>
/// <c>first-layer/1</c>: <c>first-layer.json</c> lists the voices with their models' formats and pipelines, <c>pipelines/P/…</c> and
/// <c>models/M/…</c> are what these write. Models are numbered through, voice after voice.
/// </summary>
internal static class FirstLayerFormat
{
    private const int MaxFeeds = 100;
    private const int MaxModels = 1_000;

    public static void Write(FirstLayer layer, ArtefactSectionWriter to)
    {
        var models = layer.Feeds.SelectMany(f => f.Models).ToArray();
        var pipelines = models.Select(m => m.Pipeline).Distinct().ToList();
        to.WriteJson("first-layer", new Document(
            MarginsDocument.Of(layer.Margins),
            layer.Classes,
            [.. layer.Feeds.Select(f => new Feed(f.Name, f.Learner, [.. f.Models.Select(m => new Member(m.Model.Format, pipelines.IndexOf(m.Pipeline)))]))]));
        for (var i = 0; i < pipelines.Count; i++)
            pipelines[i].Write(to.Section($"pipelines/{i}"));
        for (var i = 0; i < models.Length; i++)
            models[i].Model.Write(to.Section($"models/{i}"));
    }

    public static FirstLayer Read(ArtefactSection from, ArtefactReaders readers)
    {
        var document = from.ReadJson<Document>("first-layer");
        var margins = MarginsDocument.Read(document.Margins);
        var feeds = document.Feeds;
        FeaturizerGuard.Require(!feeds.IsDefaultOrEmpty && feeds.Length <= MaxFeeds && margins.Columns == feeds.Length * margins.Width, "a first layer has no voices, or margins of others");
        FeaturizerGuard.Require(feeds.All(f => f is { Name: not null, Learner: not null, Models.IsDefaultOrEmpty: false }), "a voice of the first layer has no name or models");
        var members = feeds.SelectMany(f => f.Models).ToArray();
        FeaturizerGuard.Require(
            members.Length <= MaxModels && members.All(m => m is { Format: not null and not StackedModel.FormatName, Pipeline: >= 0 } && m.Pipeline < members.Length),
            "a model of the first layer has no pipeline, or is a stack itself");
        var pipelines = new FeaturePipeline[1 + members.Max(m => m.Pipeline)];
        for (var i = 0; i < pipelines.Length; i++)
        {
            pipelines[i] = FeaturePipeline.Read(from.Section($"pipelines/{i}"), readers);
            FeaturizerGuard.Require(pipelines[i].FirstLayer is null, "a first layer reads another one");
        }

        var (next, read) = (0, ImmutableArray.CreateBuilder<LayerFeed>());
        foreach (var feed in feeds)
        {
            var models = ImmutableArray.CreateBuilder<LayerModel>();
            foreach (var member in feed.Models)
            {
                var model = readers.ReadModel(member.Format, from.Section($"models/{next++}"));
                FeaturizerGuard.Require(model.OutputWidth == margins.Width, "a model of the first layer gives another number of scores");
                models.Add(new LayerModel(pipelines[member.Pipeline], model));
            }

            read.Add(new LayerFeed(feed.Name, feed.Learner, models.ToImmutable()));
        }

        return new FirstLayer(read.ToImmutable(), margins, document.Classes.IsDefault ? [] : document.Classes);
    }

    private sealed record Document(MarginsDocument Margins, ImmutableArray<string> Classes, ImmutableArray<Feed> Feeds);

    private sealed record Feed(string Name, string Learner, ImmutableArray<Member> Models);

    private sealed record Member(string Format, int Pipeline);
}

/// <summary><see cref="ScoreMargins"/> as both formats of a stack hold it.</summary>
internal sealed record MarginsDocument(string Task, int Width, ImmutableArray<double> Centers, ImmutableArray<double> Scales)
{
    /// <summary>More scores a row than any table has classes.</summary>
    private const int MaxColumns = 1_000_000;

    public static MarginsDocument Of(ScoreMargins margins) =>
        new(margins.Kind.ToString().ToLowerInvariant(), margins.Width, margins.Centers, margins.Scales);

    public static ScoreMargins Read(MarginsDocument? margins)
    {
        FeaturizerGuard.Require(
            margins is { Width: > 0, Centers.IsDefaultOrEmpty: false, Scales.IsDefault: false } && margins.Centers.Length <= MaxColumns
            && margins.Scales.Length == margins.Centers.Length && margins.Centers.Length % margins.Width == 0
            && margins.Centers.All(double.IsFinite) && margins.Scales.All(s => double.IsFinite(s) && s > 0),
            "the margins of a stack are not what they should be");
        var kind = margins.Task switch
        {
            "binary" => TaskKind.Binary,
            "multiclass" => TaskKind.Multiclass,
            "regression" => TaskKind.Regression,
            _ => throw new ArtefactFormatException("The margins of a stack in the model file are of an unknown task."),
        };
        return new ScoreMargins(kind, margins.Width, margins.Centers, margins.Scales);
    }
}
