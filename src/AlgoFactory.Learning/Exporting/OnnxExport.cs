using System.Collections.Immutable;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Stacking;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Exporting;

/// <summary>What an exported file reads.</summary>
/// <param name="Name">The input's and the data column's name.</param>
/// <param name="Type"><c>double</c>, where NaN is missing, or <c>string</c>, where the empty text is.</param>
public sealed record OnnxInput(string Name, string Type);

/// <summary>
/// Writes a predictor as an ONNX file: from its data columns to its scores. Inputs are rows × 1 each, named as the columns;
/// the output <see cref="Scores"/> is rows × width floats: the value, the positive class's probability, or a probability a
/// class. What ONNX cannot express is refused by name.
/// </summary>
public static class OnnxExport
{
    /// <summary>The output's name.</summary>
    public const string Scores = "scores";

    /// <summary>Writes the file.</summary>
    /// <param name="predictor">The predictor.</param>
    /// <param name="version">The program's version, which the file names as its producer.</param>
    /// <param name="path">Where to: whole, or not at all.</param>
    /// <returns>What the file reads.</returns>
    /// <exception cref="LearningException">A part of the predictor has no form in ONNX; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static ImmutableArray<OnnxInput> Write(Predictor predictor, string version, string path)
    {
        if (predictor.InputColumns.Any(c => c.Name == Scores))
            throw new LearningException($"The model has a column '{Scores}', which is also the output's name in the file: rename the column and train again.");
        var graph = new OnnxGraph("algofactory", [.. predictor.InputColumns.Select(c => c.Name), Scores]);
        var inputs = new OnnxInputs(graph, predictor.InputColumns);
        var combined = predictor.Members.Select(m => Weighted(graph, Member(m, inputs), m.Weight)).ToArray();
        if (!inputs.Used.Any())
            throw new LearningException("The model reads no column and always answers the same: there is nothing to export.");
        var scores = combined.Length == 1 ? combined[0] : graph.Add("Sum", combined);
        if (predictor.Post.Calibration is { } calibration)
            scores = CalibrationGraph.AddTo(graph, calibration, scores, predictor.Task.OutputWidth);
        graph.Output(Scores, graph.Cast(scores, ElementType.Float), ElementType.Float, predictor.Task.OutputWidth);
        DurableFile.Write(path, stream => OnnxFile.Write(graph, "AlgoFactory", version, Metadata(predictor), stream));
        return [.. inputs.Used.Select(c => new OnnxInput(c.Name, c.Kind == ColumnKind.Categorical ? "string" : "double"))];
    }

    private static string Member(EnsembleMember member, OnnxInputs inputs)
    {
        if (member.Model is StackedModel)
            throw new LearningException("A second layer of models has no form in ONNX: the model cannot be exported. Train without one (--stack off).");
        if (member.Model is not IOnnxModel model)
            throw new LearningException($"The learner '{member.Learner}' has no form in ONNX: the model cannot be exported.");
        var blocks = new List<string>();
        foreach (var featurizer in member.Pipeline.Featurizers)
        {
            if (featurizer is not IOnnxFeaturizer known)
                throw new LearningException(
                    $"The featurizer '{featurizer.Format}' of {Columns(featurizer)} has no form in ONNX: the model cannot be exported. Train without {Columns(featurizer)}.");
            blocks.Add(known.AddTo(inputs));
        }

        return model.AddTo(inputs.Graph, blocks.Count == 0 ? "" : inputs.Graph.Concat([.. blocks]));
    }

    private static string Weighted(OnnxGraph graph, string scores, double weight) =>
        weight == 1 ? scores : graph.Add("Mul", [scores, graph.Constant(OnnxTensor.Of([weight]))]);

    private static string Columns(Features.IFittedFeaturizer featurizer)
    {
        var names = featurizer.Outputs.Select(o => o.Source).Append(featurizer.SparseSource).Where(n => n.Length > 0).Distinct(StringComparer.Ordinal).ToArray();
        return names.Length == 1 ? $"the column '{names[0]}'" : $"the columns {string.Join(", ", names.Select(n => $"'{n}'"))}";
    }

    private static IEnumerable<KeyValuePair<string, string>> Metadata(Predictor predictor)
    {
        yield return new("task", predictor.Task.Kind.ToString());
        if (predictor.Task.IsClassification)
            yield return new("classes", System.Text.Json.JsonSerializer.Serialize(predictor.Task.Classes));
        if (predictor.Task.Kind == TaskKind.Binary)
            yield return new("threshold", predictor.Post.Threshold.ToString("R", System.Globalization.CultureInfo.InvariantCulture));
    }
}
