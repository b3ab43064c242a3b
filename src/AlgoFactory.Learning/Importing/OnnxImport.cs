using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;
using AlgoFactory.Onnx.Runtime;

namespace AlgoFactory.Learning.Importing;

/// <summary>
/// Makes a model of a user's ONNX file: its inputs become data columns, its output scores. The graph is loaded and tried on a few
/// rows here, so this belongs in a process of its own that may be ended.
/// </summary>
public static class OnnxImport
{
    /// <summary>The learner's name of such models.</summary>
    public const string Learner = "onnx";

    /// <summary>Reads a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="options">What the user says of it.</param>
    /// <exception cref="LearningException">It cannot be served; the message says why, and what to change.</exception>
    public static ImportedModel Read(byte[] file, OnnxImportOptions options)
    {
        Check(options);
        if (file.Length > OnnxAdmission.MaxBytes)
            throw Refused($"it is larger than {OnnxAdmission.MaxBytes >> 20} MiB");
        var outline = OnnxOutline.Read(file);
        var graph = outline.Fault is null ? OnnxZipMaps.Remove(file, outline, out var named) : throw Refused(outline.Fault);
        outline = OnnxOutline.Read(graph);
        if (OnnxAdmission.Fault(outline) is { } fault)
            throw Refused(fault);
        var inputs = OnnxImportInputs.Of(outline, options);
        var output = Output(outline, options);
        try
        {
            return Build(graph, inputs, output, Classes(outline, options, named), outline, options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new LearningException(OnnxRuntimeLibrary.IsInstalled ? $"The ONNX file cannot be run: {Words(e.Message)}" : e.Message, e);
        }
    }

    private static ImportedModel Build(
        byte[] graph, ImmutableArray<OnnxGraphInput> inputs, OnnxValue output, ImmutableArray<string> classes, OnnxOutline outline, OnnxImportOptions options)
    {
        using var session = new OnnxSession(graph);
        var (type, shape) = session.Probe([.. inputs.Select(i => new OnnxSlot(i.Name, i.Type, i.Shape))], output.Name);
        if (type is not ((int)ElementType.Float or (int)ElementType.Double) || shape.Aggregate(1.0, (product, size) => product * size) is < 1 or > 1 << 20)
            throw Refused($"its output '{output.Name}' gives no numbers, or too many, for one row");
        var slot = new OnnxSlot(output.Name, (ElementType)type, [.. shape]);
        var task = Task(classes, slot, options);
        var tried = OnnxTrial.Run(new OnnxGraphModel(graph, new OnnxGraphCard(inputs, slot, OnnxScores.Value, 1)), inputs);
        var scores = Scores(task, tried, slot, options);
        var schema = Schema(inputs, task);
        var model = new OnnxGraphModel(graph, new OnnxGraphCard(tried.Inputs, slot, scores, task.OutputWidth));
        var threshold = task.Kind == TaskKind.Binary && outline.Metadata.TryGetValue("threshold", out var text)
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= 1 ? number : 0.5;
        var predictor = new Predictor(schema, task, [new EnsembleMember(Learner, ParameterSet.Empty, FeaturePipeline.OfColumns(), model, 1)], new PostProcessing(threshold));
        return new ImportedModel(predictor, scores, output.Name, tried.RowMilliseconds, tried.Notes);
    }

    /// <summary>The runtime's message as a sentence, without the place in its source.</summary>
    private static string Words(string message)
    {
        if (message.Contains("Failed to allocate memory", StringComparison.Ordinal) || message.Contains("bad allocation", StringComparison.Ordinal))
            return "it takes more memory than is allowed.";
        message = message.ReplaceLineEndings(" ").Trim();
        var source = message.IndexOf("/onnxruntime_src", StringComparison.Ordinal);
        var end = source < 0 ? -1 : message.IndexOf(") ", source, StringComparison.Ordinal);
        return $"{(end < 0 ? message : message.Remove(source, end + 2 - source)).TrimEnd('.')}.";
    }

    private static void Check(OnnxImportOptions options)
    {
        if (options.Task is not (null or "binary" or "multiclass" or "regression"))
            throw new LearningException($"An ONNX file's task is binary, multiclass or regression, not '{options.Task}'.");
        if (options.Scores is not (null or "probability" or "logit"))
            throw new LearningException($"An ONNX file's scores are probability or logit, not '{options.Scores}'.");
        if (options.Labels.Length == 1 || options.Labels.Distinct(StringComparer.Ordinal).Count() != options.Labels.Length || options.Labels.Any(string.IsNullOrEmpty))
            throw new LearningException("The labels are the classes in the order of the output: two or more, each once.");
        if (options is { Task: "regression", Labels.Length: > 0 })
            throw new LearningException("A regression has no classes: leave the labels out, or name another task.");
        if (options.Label.Length == 0)
            throw new LearningException("The label is what the model predicts, as a column's name: it cannot be empty.");
    }

    private static OnnxValue Output(OnnxOutline outline, OnnxImportOptions options)
    {
        if (options.Output is { } name)
            return outline.Outputs.FirstOrDefault(o => o.Name == name) ?? throw Refused($"it has no output '{name}'; its outputs are {Names(outline.Outputs)}");
        var numbers = outline.Outputs.Where(o => o.Type is (int)ElementType.Float or (int)ElementType.Double).ToArray();
        var probable = numbers.Where(o => o.Name.Contains("prob", StringComparison.OrdinalIgnoreCase)).ToArray();
        return (numbers.Length == 1 ? numbers : probable) switch
        {
            [var one] => one,
            _ when numbers.Length == 0 => throw Refused($"none of its outputs ({Names(outline.Outputs)}) is a tensor of float or double: export it with its values or probabilities"),
            _ => throw Refused($"it has several outputs ({Names(numbers)}): name the one that scores with --output"),
        };
    }

    private static ImmutableArray<string> Classes(OnnxOutline outline, OnnxImportOptions options, string[] named)
    {
        if (!options.Labels.IsEmpty || options.Task == "regression")
            return options.Labels;
        if (named.Length > 1)
            return [.. named];
        if (outline.Operators.LastOrDefault(o => o.Labels.Length > 1) is { } classifier)
            return classifier.Labels;
        try
        {
            return outline.Metadata.TryGetValue("classes", out var json) && JsonSerializer.Deserialize<string[]>(json) is { Length: > 1 } classes ? [.. classes] : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static TaskSpec Task(ImmutableArray<string> classes, OnnxSlot output, OnnxImportOptions options)
    {
        var width = output.Count;
        if (classes.IsEmpty)
        {
            if (options.Task is "binary" or "multiclass")
                throw Refused($"its classes are not known: name them in the order of its output '{output.Name}' with --labels a,b");
            return width == 1
                ? new TaskSpec(TaskKind.Regression, options.Label, [])
                : throw Refused($"its output '{output.Name}' gives {width} numbers a row: name its classes in their order with --labels a,b,…, or another output with --output");
        }

        if (width != classes.Length && !(width == 1 && classes.Length == 2))
            throw Refused($"its output '{output.Name}' gives {width} numbers a row, and {classes.Length} classes are named ({string.Join(", ", classes.Take(5))}{(classes.Length > 5 ? ", …" : "")})");
        if (options.Task == "binary" && classes.Length != 2)
            throw Refused($"a binary task has two classes, and {classes.Length} are named");
        return new TaskSpec(classes.Length == 2 && options.Task != "multiclass" ? TaskKind.Binary : TaskKind.Multiclass, options.Label, classes);
    }

    private static OnnxScores Scores(TaskSpec task, OnnxTrial tried, OnnxSlot output, OnnxImportOptions options)
    {
        if (task.Kind == TaskKind.Multiclass && output.Count == 1)
            throw Refused($"its output '{output.Name}' gives one number a row, which is a binary task's: leave --task out");
        if (!task.IsClassification)
            return OnnxScores.Value;
        if (options.Scores == "logit")
            return OnnxScores.Logit;
        return tried.Improbable is not { } answer
            ? OnnxScores.Probability
            : throw Refused($"its output '{output.Name}' answered {answer}, which is no probability of classes: if these are logits, say --scores logit");
    }

    private static Schema Schema(ImmutableArray<OnnxGraphInput> inputs, TaskSpec task)
    {
        var columns = inputs.SelectMany(i => i.Columns.Select(c => Column(c, i))).ToImmutableArray();
        var twice = columns.GroupBy(c => c.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1)?.Key;
        if (twice is not null)
            throw Refused($"two of its columns would be called '{twice}': name all of them with --columns");
        if (columns.Any(c => c.Name == task.Label))
            throw Refused($"'{task.Label}' is one of its columns: say with --label what it predicts");
        var label = new ColumnSpec(task.Label, task.IsClassification ? ColumnKind.Categorical : ColumnKind.Numeric, ColumnRole.Label, 1, "what the ONNX file predicts") { Levels = task.Classes };
        return new Schema(columns.Add(label), task.Label);
    }

    private static ColumnSpec Column(string name, OnnxGraphInput input)
    {
        var kind = input.Image is not null ? ColumnKind.Image : input.Type switch
        {
            ElementType.String => ColumnKind.Text,
            ElementType.Bool => ColumnKind.Boolean,
            _ => ColumnKind.Numeric,
        };
        return new ColumnSpec(name, kind, ColumnRole.Feature, 1, $"the ONNX file's input '{input.Name}' ({input.Type.ToString().ToLowerInvariant()})")
        {
            Levels = kind == ColumnKind.Boolean ? ["false", "true"] : [],
        };
    }

    private static string Names(IEnumerable<OnnxValue> values) => string.Join(", ", values.Select(v => $"'{v.Name}'"));

    internal static LearningException Refused(string why) => new($"The ONNX file cannot be served: {why}.");
}
