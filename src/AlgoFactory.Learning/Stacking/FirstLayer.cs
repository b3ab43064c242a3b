using System.Buffers;
using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Stacking;

/// <summary>A model of the first layer with the features it reads.</summary>
public sealed record LayerModel(FeaturePipeline Pipeline, IModel Model);

/// <summary>One of the first layer's voices: the mean of its models' scores.</summary>
/// <param name="Name">For people, such as <c>trial 3 gbdt</c>.</param>
/// <param name="Learner">The learner that fitted its models.</param>
/// <param name="Models">Its models: a bag, or one.</param>
public sealed record LayerFeed(string Name, string Learner, ImmutableArray<LayerModel> Models);

/// <summary>
/// The first layer of a stack as a feature step: the scores of its models are dense columns of the second layer's pipeline
/// (Wolpert: Stacked generalization, 1992). Immutable and thread-safe.
/// </summary>
public sealed class FirstLayer : IFittedFeaturizer
{
    /// <summary>The format's name and version.</summary>
    public const string FormatName = "first-layer/1";

    private readonly ImmutableArray<(FeaturePipeline Pipeline, ImmutableArray<(IModel Model, int Feed)> Models)> _groups;

    /// <summary>Creates a layer.</summary>
    /// <param name="feeds">Its voices.</param>
    /// <param name="margins">What their scores become; as many columns as voices × outputs.</param>
    /// <param name="classes">The classes' names, for those of the features; empty: one score a row.</param>
    public FirstLayer(ImmutableArray<LayerFeed> feeds, ScoreMargins margins, ImmutableArray<string> classes)
    {
        if (feeds.IsDefaultOrEmpty || margins.Columns != feeds.Length * margins.Width)
            throw new ArgumentException("A first layer needs margins for each of its voices.", nameof(margins));
        (Feeds, Margins, Classes) = (feeds, margins, classes);
        Outputs = [.. Features(feeds.Select(f => f.Name), margins.Width, classes)];
        // The features of models that share a pipeline are made once.
        _groups =
        [
            .. feeds.SelectMany((feed, i) => feed.Models.Select(m => (m.Pipeline, Entry: (m.Model, i))))
                .GroupBy(m => m.Pipeline, m => m.Entry, (pipeline, models) => (pipeline, models.ToImmutableArray())),
        ];
    }

    /// <summary>The voices.</summary>
    public ImmutableArray<LayerFeed> Feeds { get; }

    /// <summary>What scores become.</summary>
    public ScoreMargins Margins { get; }

    /// <summary>The classes' names; empty: one score a row.</summary>
    public ImmutableArray<string> Classes { get; }

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public ImmutableArray<FeatureInfo> Outputs { get; }

    /// <inheritdoc/>
    public int SparseWidth => 0;

    /// <summary>The features that voices become: of no single data column.</summary>
    public static IEnumerable<FeatureInfo> Features(IEnumerable<string> feeds, int width, ImmutableArray<string> classes) =>
        from feed in feeds
        from output in Enumerable.Range(0, width)
        select new FeatureInfo(output < classes.Length && width > 1 ? $"{feed}: {classes[output]}" : width > 1 ? $"{feed}: {output}" : feed, "", FeatureKind.Numeric);

    /// <inheritdoc/>
    public void Transform(Frame rows, FeatureBatchBuilder to)
    {
        var (columns, width, count) = (Margins.Columns, Margins.Width, rows.RowCount);
        var dense = to.AddDense(columns);
        var rented = ArrayPool<float>.Shared.Rent(Math.Max(1, count * width));
        var scores = rented.AsSpan(0, count * width);
        foreach (var (pipeline, models) in _groups)
        {
            var builder = FeatureBatchBuilder.Rent(count);
            var features = pipeline.Transform(rows, builder);
            foreach (var (model, feed) in models)
            {
                model.Predict(features, scores);
                var share = 1f / Feeds[feed].Models.Length;
                for (var i = 0; i < scores.Length; i++)
                    dense[i / width * columns + feed * width + i % width] += share * scores[i];
            }

            builder.Return();
        }

        ArrayPool<float>.Shared.Return(rented);
        Margins.Apply(dense);
    }

    /// <summary>Adds each voice's importance to the data columns that its models read; a voice that does not know them adds nothing.</summary>
    /// <param name="importance">One value a feature of <see cref="Outputs"/>.</param>
    /// <param name="sums">The sums by data column.</param>
    internal void Spread(ReadOnlySpan<double> importance, Dictionary<string, double> sums)
    {
        for (var feed = 0; feed < Feeds.Length; feed++)
        {
            var value = 0.0;
            foreach (var part in importance.Slice(feed * Margins.Width, Margins.Width))
                value += part;
            var known = Feeds[feed].Models.Where(m => m.Model is IFeatureImportance).ToArray();
            foreach (var model in known)
                foreach (var column in model.Pipeline.ImportanceByColumn(((IFeatureImportance)model.Model).Importance))
                    sums[column.Column] = sums.GetValueOrDefault(column.Column) + value * column.Share / known.Length;
        }
    }

    /// <summary>Lets go of what its models own beside managed memory.</summary>
    internal void Release()
    {
        foreach (var model in Feeds.SelectMany(f => f.Models))
            (model.Model as IDisposable)?.Dispose();
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to) => FirstLayerFormat.Write(this, to);
}
