using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Stacking;

/// <summary>
/// The second layer of a stack: the weighted mean of a model over the first layer's scores (and, it may be, the table's own
/// features) and of these scores themselves. Its features begin with those of a <see cref="FirstLayer"/>.
/// </summary>
/// <param name="Second">The model of the second layer: one that knows its features' importance.</param>
/// <param name="Share">Its share.</param>
/// <param name="FeedShares">The share of each of the first layer's voices; all shares sum to 1.</param>
/// <param name="Margins">What the voices' scores were made into.</param>
public sealed record StackedModel(IModel Second, double Share, ImmutableArray<double> FeedShares, ScoreMargins Margins) : IModel, IFeatureImportance
{
    /// <summary>The format's name and version.</summary>
    public const string FormatName = "stacked/1";

    /// <summary>What stands for a learner's id on a stack.</summary>
    public const string LearnerId = "stack";

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public int OutputWidth => Second.OutputWidth;

    /// <summary>The second model's, and each voice's share over its scores.</summary>
    public ImmutableArray<double> Importance
    {
        get
        {
            var importance = ((IFeatureImportance)Second).Importance.Select(i => Share * i).ToArray();
            for (var column = 0; column < Margins.Columns; column++)
                importance[column] += FeedShares[column / Margins.Width] / Margins.Width;
            return [.. importance];
        }
    }

    /// <inheritdoc/>
    public void Predict(FeatureBatch rows, Span<float> scores)
    {
        Second.Predict(rows, scores);
        var width = Margins.Width;
        for (var row = 0; row < rows.RowCount; row++)
        {
            var margins = rows.Row(row)[..Margins.Columns];
            for (var k = 0; k < width; k++)
            {
                var sum = Share * scores[row * width + k];
                for (var feed = 0; feed < FeedShares.Length; feed++)
                    if (FeedShares[feed] > 0)
                        sum += FeedShares[feed] * Margins.Restore(margins[feed * width + k], feed * width + k);
                scores[row * width + k] = (float)sum;
            }
        }
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("stacked", new Document(Second.Format, Share, FeedShares, MarginsDocument.Of(Margins)));
        Second.Write(to.Section("second"));
    }

    /// <summary>Reads a model.</summary>
    /// <exception cref="ArtefactFormatException">The section is broken, or holds a stack of stacks.</exception>
    public static StackedModel Read(ArtefactSection from, ArtefactReaders readers)
    {
        var document = from.ReadJson<Document>("stacked");
        if (document.Second is null or FormatName)
            throw new ArtefactFormatException("The second layer in the model file has no model, or is a stack itself.");
        var margins = MarginsDocument.Read(document.Margins);
        var shares = document.FeedShares;
        if (shares.IsDefault || shares.Length * margins.Width != margins.Columns || !(document.Share is >= 0 and <= 1)
            || shares.Any(s => !(s is >= 0 and <= 1)) || Math.Abs(shares.Sum() + document.Share - 1) > 1e-6)
            throw new ArtefactFormatException("The shares of the stack in the model file do not fit its first layer, or do not sum to 1.");
        var second = readers.ReadModel(document.Second, from.Section("second"));
        return second.OutputWidth == margins.Width && second is IFeatureImportance
            ? new StackedModel(second, document.Share, shares, margins)
            : throw new ArtefactFormatException("The second layer in the model file gives another number of scores than its first one, or its format cannot be one.");
    }

    private sealed record Document(string Second, double Share, ImmutableArray<double> FeedShares, MarginsDocument Margins);
}
