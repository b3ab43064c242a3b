using System.Collections.Frozen;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Stacking;

namespace AlgoFactory.Learning.Artefacts;

/// <summary>
/// The formats this program can read: an explicit list, so that a model file never names a type. Serving needs
/// readers, not learners.
/// </summary>
public sealed class ArtefactReaders
{
    private readonly FrozenDictionary<string, Func<ArtefactSection, IModel>> _models;
    private readonly FrozenDictionary<string, Func<ArtefactSection, IFittedFeaturizer>> _featurizers;

    /// <summary>Creates the list from format names such as <c>gbdt/1</c>; those of a stack belong to it anyway.</summary>
    public ArtefactReaders(
        IEnumerable<KeyValuePair<string, Func<ArtefactSection, IModel>>> models,
        IEnumerable<KeyValuePair<string, Func<ArtefactSection, IFittedFeaturizer>>> featurizers)
    {
        // The two parts of a stack hold models and featurizers of the other formats.
        _models = models.Append(new(StackedModel.FormatName, from => StackedModel.Read(from, this))).ToFrozenDictionary(StringComparer.Ordinal);
        _featurizers = featurizers.Append(new(FirstLayer.FormatName, from => FirstLayerFormat.Read(from, this))).ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>All formats by name: of models, and of featurizers.</summary>
    public IEnumerable<string> Formats => _models.Keys.Concat(_featurizers.Keys).Order(StringComparer.Ordinal);

    /// <summary>Reads a model.</summary>
    /// <exception cref="ArtefactFormatException">The format is unknown or the section broken.</exception>
    public IModel ReadModel(string format, ArtefactSection from) => Reader(_models, format, "model")(from);

    /// <summary>Reads a fitted featurizer.</summary>
    /// <exception cref="ArtefactFormatException">The format is unknown or the section broken.</exception>
    public IFittedFeaturizer ReadFeaturizer(string format, ArtefactSection from) => Reader(_featurizers, format, "featurizer")(from);

    private static Func<ArtefactSection, T> Reader<T>(FrozenDictionary<string, Func<ArtefactSection, T>> readers, string format, string what) =>
        readers.TryGetValue(format, out var reader)
            ? reader
            : throw new ArtefactFormatException(
                $"The model file holds a {what} of format '{format}', which this version does not know. Known are: {string.Join(", ", readers.Keys.Order(StringComparer.Ordinal))}.");
}
