using System.Collections.Immutable;
using System.Text;

namespace AlgoFactory.Onnx.Graph;

/// <summary>An input or output of a graph.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">ONNX's number of its elements' type (see <see cref="ElementType"/>); 0: it is no tensor.</param>
/// <param name="Shape">Its sizes, <see cref="OnnxGraph.Free"/> where one is not set; null: not even how many are known.</param>
public sealed record OnnxValue(string Name, int Type, ImmutableArray<long>? Shape);

/// <summary>An operator of a graph.</summary>
/// <param name="Domain">Empty for ONNX's own.</param>
/// <param name="Name">The operator's name, such as <c>Gemm</c>.</param>
/// <param name="Inputs">Names of values; an empty one stands for an optional input that is left out.</param>
/// <param name="Outputs">Names of values.</param>
/// <param name="Labels">Its classes, where it is a classifier or a ZipMap; else empty.</param>
/// <param name="HasStopwords">Whether it drops texts: its value's size then depends on what they are.</param>
public sealed record OnnxOperator(string Domain, string Name, ImmutableArray<string> Inputs, ImmutableArray<string> Outputs, ImmutableArray<string> Labels, bool HasStopwords);

/// <summary>
/// What an ONNX file holds, weights left out, and the first thing that speaks against running it as it is: weights in other
/// files, graphs within graphs, functions, weights that are larger than their data. Field numbers are those of onnx.proto.
/// </summary>
public sealed record OnnxOutline
{
    private const int MaxNodes = 20_000;
    private const int MaxLabels = 100_000;
    private const int MaxSizes = 8;

    /// <summary>The version of ONNX's own operators; 0: none is named.</summary>
    public long Opset { get; private set; }

    /// <summary>What callers give; weights that stand among the inputs are none.</summary>
    public ImmutableArray<OnnxValue> Inputs { get; private set; } = [];

    /// <summary>What it answers.</summary>
    public ImmutableArray<OnnxValue> Outputs { get; private set; } = [];

    /// <summary>Its operators, in order.</summary>
    public ImmutableArray<OnnxOperator> Operators { get; private set; } = [];

    /// <summary>The names of its weights.</summary>
    public ImmutableHashSet<string> Weights { get; private set; } = [];

    /// <summary>Texts by name.</summary>
    public ImmutableDictionary<string, string> Metadata { get; private set; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>What speaks against it, in words; null: nothing.</summary>
    public string? Fault { get; private set; }

    /// <summary>Reads a file. O(bytes), without a copy of the weights.</summary>
    public static OnnxOutline Read(ReadOnlySpan<byte> file)
    {
        var outline = new OnnxOutline();
        try
        {
            outline.ReadModel(file);
        }
        catch (InvalidDataException)
        {
            outline.Fault = "it is no ONNX file, or is cut off";
        }

        return outline;
    }

    private void ReadModel(ReadOnlySpan<byte> file)
    {
        var (graphs, metadata) = (0, ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal));
        for (var fields = new ProtoFields(file); Fault is null && fields.Next();)
        {
            switch (fields.Field)
            {
                case 7:
                    Fault = ++graphs > 1 ? "it has two graphs" : null;
                    ReadGraph(fields.Bytes);
                    break;
                case 8:
                    ReadOpset(fields.Bytes);
                    break;
                case 14:
                    var (key, value) = Pair(fields.Bytes);
                    metadata[key] = value;
                    break;
                case 20:
                    Fault = "it has a graph of training";
                    break;
                case 25:
                    Fault = "it defines functions: export it with them inlined";
                    break;
            }
        }

        Metadata = metadata.ToImmutable();
        Fault ??= graphs == 0 ? "it is no ONNX file: it has no graph" : null;
    }

    private void ReadOpset(ReadOnlySpan<byte> message)
    {
        var (domain, version) = ("", 0L);
        for (var fields = new ProtoFields(message); fields.Next();)
        {
            if (fields.Field == 1)
                domain = Text(fields.Bytes);
            else if (fields.Field == 2)
                version = fields.Number;
        }

        if (domain is "" or "ai.onnx")
            Opset = version;
    }

    private void ReadGraph(ReadOnlySpan<byte> message)
    {
        var inputs = ImmutableArray.CreateBuilder<OnnxValue>();
        var outputs = ImmutableArray.CreateBuilder<OnnxValue>();
        var operators = ImmutableArray.CreateBuilder<OnnxOperator>();
        var weights = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        for (var fields = new ProtoFields(message); Fault is null && fields.Next();)
        {
            switch (fields.Field)
            {
                case 1 when operators.Count == MaxNodes:
                    Fault = $"it has more than {MaxNodes:N0} operators";
                    break;
                case 1:
                    operators.Add(ReadNode(fields.Bytes));
                    break;
                case 5:
                    weights.Add(ReadTensor(fields.Bytes));
                    break;
                case 11:
                    inputs.Add(ReadValue(fields.Bytes));
                    break;
                case 12:
                    outputs.Add(ReadValue(fields.Bytes));
                    break;
                case 15:
                    Fault = "it has sparse weights";
                    break;
            }
        }

        (Operators, Weights, Outputs) = (operators.ToImmutable(), weights.ToImmutable(), outputs.ToImmutable());
        Inputs = [.. inputs.Where(i => !Weights.Contains(i.Name))];
    }

    private OnnxOperator ReadNode(ReadOnlySpan<byte> message)
    {
        var (inputs, outputs, labels) = (new List<string>(), new List<string>(), new List<string>());
        var (domain, name, stopwords) = ("", "", false);
        for (var fields = new ProtoFields(message); Fault is null && fields.Next();)
        {
            switch (fields.Field)
            {
                case 1:
                    inputs.Add(Text(fields.Bytes));
                    break;
                case 2:
                    outputs.Add(Text(fields.Bytes));
                    break;
                case 4:
                    name = Text(fields.Bytes);
                    break;
                case 5:
                    stopwords |= ReadAttribute(fields.Bytes, labels) == "stopwords";
                    break;
                case 7:
                    domain = Text(fields.Bytes);
                    break;
            }
        }

        return new OnnxOperator(domain == "ai.onnx" ? "" : domain, name, [.. inputs], [.. outputs], [.. labels], stopwords);
    }

    private string ReadAttribute(ReadOnlySpan<byte> message, List<string> labels)
    {
        var (name, texts, numbers) = ("", new List<string>(), new List<long>());
        for (var fields = new ProtoFields(message); Fault is null && fields.Next();)
        {
            switch (fields.Field)
            {
                case 1:
                    name = Text(fields.Bytes);
                    break;
                case 5 or 10:
                    ReadTensor(fields.Bytes);
                    break;
                case 6 or 11:
                    Fault = "it has a graph within a graph (a loop or a branch)";
                    break;
                case 8 when numbers.Count <= MaxLabels:
                    fields.AddTo(numbers, MaxLabels);
                    break;
                case 9 when texts.Count <= MaxLabels:
                    texts.Add(Text(fields.Bytes));
                    break;
                case 21:
                    Fault = "it has an operator of a function";
                    break;
                case 22 or 23:
                    Fault = "it has sparse weights";
                    break;
            }
        }

        if (name.StartsWith("classlabels_", StringComparison.Ordinal))
            labels.AddRange(texts.Count > 0 ? texts : numbers.Select(n => n.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        return name;
    }

    /// <summary>Checks a tensor and gives its name. Every element takes half a byte at least.</summary>
    private string ReadTensor(ReadOnlySpan<byte> message)
    {
        var (name, sizes, room) = ("", new List<long>(), 0.0);
        for (var fields = new ProtoFields(message); Fault is null && fields.Next();)
        {
            switch (fields.Field)
            {
                case 1:
                    fields.AddTo(sizes, MaxSizes);
                    break;
                case 8:
                    name = Text(fields.Bytes);
                    break;
                case 13:
                    Fault = "it has weights in another file: export it as one file";
                    break;
                case 14 when fields.Number != 0:
                    Fault = "it has weights in another file: export it as one file";
                    break;
                case 6:
                    room++;
                    break;
                case 4 or 5 or 7 or 9 or 10 or 11:
                    room += fields.IsNumber ? 1 : 2.0 * fields.Bytes.Length;
                    break;
            }
        }

        if (sizes.Count > MaxSizes || sizes.Any(s => s < 0) || sizes.Aggregate(1.0, (product, size) => product * size) > room)
            Fault ??= $"the weight '{name}' is larger than its data";
        return name;
    }

    /// <summary>Reads an input or output: its name, and type 1 (a tensor) with its elements' type 1 and its shape 2.</summary>
    internal static OnnxValue ReadValue(ReadOnlySpan<byte> message)
    {
        var (name, type, shape) = ("", 0, (ImmutableArray<long>?)null);
        for (var fields = new ProtoFields(message); fields.Next();)
        {
            if (fields.Field == 1)
                name = Text(fields.Bytes);
            else if (fields.Field == 2)
                for (var types = new ProtoFields(fields.Bytes); types.Next();)
                    if (types.Field == 1)
                        (type, shape) = ReadTensorType(types.Bytes);
        }

        return new OnnxValue(name, type, shape);
    }

    private static (int Type, ImmutableArray<long>? Shape) ReadTensorType(ReadOnlySpan<byte> message)
    {
        var (type, shape) = (0, (ImmutableArray<long>?)null);
        for (var fields = new ProtoFields(message); fields.Next();)
        {
            if (fields.Field == 1)
            {
                type = (int)fields.Number;
            }
            else if (fields.Field == 2)
            {
                var sizes = new List<long>();
                for (var dimensions = new ProtoFields(fields.Bytes); dimensions.Next() && sizes.Count <= MaxSizes;)
                    if (dimensions.Field == 1)
                        sizes.Add(ReadSize(dimensions.Bytes));
                shape = [.. sizes];
            }
        }

        return (type, shape);
    }

    private static long ReadSize(ReadOnlySpan<byte> message)
    {
        var size = OnnxGraph.Free;
        for (var fields = new ProtoFields(message); fields.Next();)
            if (fields is { Field: 1, Number: >= 0 })
                size = fields.Number;
        return size;
    }

    private static (string Key, string Value) Pair(ReadOnlySpan<byte> message)
    {
        var (key, value) = ("", "");
        for (var fields = new ProtoFields(message); fields.Next();)
        {
            if (fields.Field == 1)
                key = Text(fields.Bytes);
            else if (fields.Field == 2)
                value = Text(fields.Bytes);
        }

        return (key, value);
    }

    private static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);
}
