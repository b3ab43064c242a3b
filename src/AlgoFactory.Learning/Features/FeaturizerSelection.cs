using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Features.Images;
using AlgoFactory.Learning.Features.Pretrained;

namespace AlgoFactory.Learning.Features;

/// <summary>Chooses the featurizers that suit a table's feature columns and what a learner needs.</summary>
internal static class FeaturizerSelection
{
    /// <summary>The most users, or items, of a recommender.</summary>
    private const int MaxEntities = 1 << 24;

    /// <summary>Whether a learner wants numbers standardised, with nothing missing, and categories as numbers.</summary>
    public static bool IsScaled(FeatureNeeds needs) =>
        needs is FeatureNeeds.Scaled or FeatureNeeds.Grams or FeatureNeeds.Multimodal or FeatureNeeds.ImageEmbeddings or FeatureNeeds.SentenceEmbeddings;

    /// <summary>The featurizers to fit, in order. Identifiers, constants and columns that say nothing in these rows have none.</summary>
    public static IEnumerable<IFeaturizer> Choose(FeaturizerInput train, Schema schema, FeatureNeeds needs)
    {
        if (needs == FeatureNeeds.None)
            yield break;
        if (needs == FeatureNeeds.Interactions)
        {
            // Every user and item keeps a code of its own, as far as float32 can tell whole numbers apart.
            if (train.Task.Columns is { } columns)
                yield return new CategoryCodes([columns.User, columns.Item, .. columns.ItemFeatures, .. columns.UserFeatures], MaxEntities);
            yield break;
        }

        if (needs == FeatureNeeds.Pixels)
        {
            if (Pixels(train, schema) is { } pixels)
                yield return pixels;
            yield break;
        }

        if (needs == FeatureNeeds.Tokens)
        {
            if (Tokens(train, schema) is { } tokens)
                yield return tokens;
            yield break;
        }

        var scaled = IsScaled(needs);
        var features = schema.Features.Where(c => c.Name != train.Task.Label).ToArray();
        var frame = train.Frame;

        var numbers = Names(c => c.Kind is ColumnKind.Numeric or ColumnKind.Boolean && Varies(FeaturizerGuard.Numbers(frame, c.Name), missingCounts: true));
        if (numbers.Length > 0)
            yield return scaled ? new Standardization(numbers) : new NumericValues(numbers);

        var categories = Names(c => c.Kind == ColumnKind.Categorical && Varies(FeaturizerGuard.Categories(frame, c.Name)));
        if (needs is FeatureNeeds.Fields or FeatureNeeds.Levels)
        {
            if (categories.Length > 0)
                yield return new FieldCodes(categories);
            categories = [];
        }

        var large = categories.ToImmutableDictionary(c => c, c => LevelSlots.Seen(FeaturizerGuard.Categories(frame, c)) > (scaled ? OneHot.MaxLevels : CategoryCodes.MaxCodes));
        var whole = scaled ? categories.RemoveAll(c => large[c]) : categories;
        if (whole.Length > 0)
            yield return scaled ? new OneHot(whole) : new CategoryCodes(whole);
        var encoded = categories.RemoveAll(c => !large[c]);
        if (encoded.Length > 0)
            yield return new TargetEncoding(encoded, scaled);

        var dates = Names(c => c.Kind == ColumnKind.DateTime && Varies(FeaturizerGuard.Numbers(frame, c.Name), missingCounts: true));
        if (dates.Length > 0)
            yield return new DateParts(dates, scaled);

        if (needs == FeatureNeeds.Multimodal)
        {
            if (ImageColumns(train, schema) is { IsEmpty: false } images)
                yield return new ImagePixels(images);
            if (Tokens(train, schema) is { } tokens)
                yield return tokens;
            yield break;
        }

        foreach (var image in Names(c => c.Kind == ColumnKind.Image && FeaturizerGuard.Images(frame, c.Name).Values.ContainsAnyExcept((byte[]?)null)))
            yield return needs == FeatureNeeds.ImageEmbeddings && ImageEmbedding.Missing is null ? new ImageEmbedding(image) : new ImageFeatures(image, scaled);

        ImmutableArray<string> texts = [.. TextColumns(train, schema)];
        if (texts.Length > 0)
            yield return new TextStatistics(texts, scaled);
        foreach (var text in texts)
        {
            if (needs == FeatureNeeds.Grams)
            {
                yield return new GramBag(text);
                continue;
            }

            yield return needs is FeatureNeeds.Codes or FeatureNeeds.Levels ? new TextComponents(text) : new TfIdf(text, TextAnalyzer.Words);
            // A tree looks at one term at a time; runs of characters speak by the sum of many.
            if (scaled)
                yield return new TfIdf(text, TextAnalyzer.Characters);
            if (needs == FeatureNeeds.SentenceEmbeddings && SentenceEmbedding.Missing is null)
                yield return new SentenceEmbedding(text);
        }

        ImmutableArray<string> Names(Func<ColumnSpec, bool> wanted) => [.. features.Where(wanted).Select(c => c.Name)];
    }

    /// <summary>Text columns of which a row has any.</summary>
    private static IEnumerable<string> TextColumns(FeaturizerInput train, Schema schema) => schema.Features
        .Where(c => c.Name != train.Task.Label && c.Kind == ColumnKind.Text && FeaturizerGuard.Texts(train.Frame, c.Name).ContainsAnyExcept((string?)null))
        .Select(c => c.Name);

    /// <summary>Text columns as tokens; null: there are none.</summary>
    private static TokenSequences? Tokens(FeaturizerInput train, Schema schema) =>
        TextColumns(train, schema).Take(FittedTokenSequences.MaxColumns).ToImmutableArray() is { IsEmpty: false } columns ? new TokenSequences(columns) : null;

    /// <summary>Image columns of which a row has any, as many as one network reads.</summary>
    private static ImmutableArray<string> ImageColumns(FeaturizerInput train, Schema schema) =>
    [
        .. schema.Features.Where(c => c.Name != train.Task.Label && c.Kind == ColumnKind.Image).Select(c => c.Name)
            .Where(c => FeaturizerGuard.Images(train.Frame, c).Values.ContainsAnyExcept((byte[]?)null)).Take(FittedImagePixels.MaxColumns),
    ];

    /// <summary>Image columns, or a table that is an image itself; null: neither.</summary>
    private static IFeaturizer? Pixels(FeaturizerInput train, Schema schema)
    {
        if (ImageColumns(train, schema) is { IsEmpty: false } images)
            return new ImagePixels(images);
        var grid = PixelGrid.Columns(schema, train.Task.Label, train.Frame, out var brightest);
        return grid.IsEmpty ? null : new GridPixels(grid, brightest);
    }

    /// <summary>Whether there are two different numbers, or (if that counts) one number and a missing one.</summary>
    public static bool Varies(ReadOnlySpan<double> values, bool missingCounts)
    {
        var first = double.NaN;
        foreach (var value in values)
        {
            if (double.IsNaN(value))
                continue;
            if (double.IsNaN(first))
                first = value;
            else if (value != first)
                return true;
        }

        return missingCounts && !double.IsNaN(first) && HasMissing(values);
    }

    /// <summary>Whether a number is missing.</summary>
    public static bool HasMissing(ReadOnlySpan<double> values)
    {
        foreach (var value in values)
            if (double.IsNaN(value))
                return true;
        return false;
    }

    private static bool Varies(CategoryColumn column) => column.Codes.ContainsAnyExcept(column.Length == 0 ? 0 : column.Codes[0]);
}
