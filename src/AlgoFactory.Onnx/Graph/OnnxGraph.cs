using System.Collections.Immutable;
using System.Globalization;

namespace AlgoFactory.Onnx.Graph;

/// <summary>
/// A graph of ONNX operators under construction. Values are named by the graph; a node's value is known as soon as the node
/// is added, so nodes are in an order in which they can be computed. Not thread-safe.
/// </summary>
public sealed class OnnxGraph
{
    /// <summary>The first version of ONNX's operators that is asked for.</summary>
    public const long OpsetVersion = 21;

    /// <summary>The version of ONNX's machine-learning operators; 5 is the first with <c>TreeEnsemble</c>.</summary>
    public const long MlOpsetVersion = 5;

    /// <summary>The width of an input whose rows may be of any.</summary>
    public const int AnyWidth = 0;

    /// <summary>A size in a shape that is not set.</summary>
    public const long Free = -1;

    private const string MlDomain = "ai.onnx.ml";

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _reserved;
    private int _values;

    /// <summary>Creates an empty graph.</summary>
    /// <param name="name">The graph's name.</param>
    /// <param name="reserved">Names that inputs and outputs will have: no other value gets one of them.</param>
    public OnnxGraph(string name, ReadOnlySpan<string> reserved = default)
    {
        Name = name;
        _reserved = new HashSet<string>(reserved.ToArray(), StringComparer.Ordinal);
    }

    /// <summary>The graph's name.</summary>
    public string Name { get; internal set; }

    internal List<Slot> Inputs { get; } = [];

    internal List<Slot> Outputs { get; } = [];

    internal List<(string Name, OnnxTensor Tensor)> Constants { get; } = [];

    internal List<Node> Nodes { get; } = [];

    /// <summary>Adds an input of rows × <paramref name="width"/> elements, or of <see cref="AnyWidth"/>.</summary>
    /// <exception cref="ArgumentException">There is a value of that name.</exception>
    public string Input(string name, ElementType type, int width) => Input(name, type, [Free, width == AnyWidth ? Free : width]);

    /// <summary>Adds an input of any shape, in which <see cref="Free"/> is a size that the caller chooses.</summary>
    /// <exception cref="ArgumentException">There is a value of that name.</exception>
    public string Input(string name, ElementType type, ReadOnlySpan<long> shape)
    {
        if (name.Length == 0 || !_names.Add(name))
            throw new ArgumentException($"'{name}' is no name for an input, or there is a value of that name.", nameof(name));
        Inputs.Add(new Slot(name, type, [.. shape]));
        return name;
    }

    /// <summary>Adds a constant.</summary>
    public string Constant(OnnxTensor tensor)
    {
        var name = NewName();
        Constants.Add((name, tensor));
        return name;
    }

    /// <summary>Adds a node of ONNX's own operators and names its value.</summary>
    public string Add(string operation, ReadOnlySpan<string> inputs, params ReadOnlySpan<OnnxAttribute> attributes) =>
        Add("", operation, inputs, attributes);

    /// <summary>Adds a node of ONNX's own operators with several values and names them.</summary>
    public string[] AddMany(string operation, ReadOnlySpan<string> inputs, int values)
    {
        var names = new string[values];
        for (var i = 0; i < values; i++)
            names[i] = NewName();
        Nodes.Add(new Node("", operation, inputs.ToArray(), names, []));
        return names;
    }

    /// <summary>Adds a node of ONNX's machine-learning operators and names its value.</summary>
    public string AddMl(string operation, ReadOnlySpan<string> inputs, params ReadOnlySpan<OnnxAttribute> attributes) =>
        Add(MlDomain, operation, inputs, attributes);

    /// <summary>The value in another type.</summary>
    public string Cast(string value, ElementType to) => Add("Cast", [value], OnnxAttribute.Of("to", (long)to));

    /// <summary>Columns side by side.</summary>
    public string Concat(ReadOnlySpan<string> values) => values.Length == 1 ? values[0] : Add("Concat", values, OnnxAttribute.Of("axis", 1L));

    /// <summary>Makes a value an output of rows × <paramref name="width"/> elements.</summary>
    public void Output(string name, string value, ElementType type, int width)
    {
        if (!_names.Add(name))
            throw new ArgumentException($"There is a value '{name}'.", nameof(name));
        Nodes.Add(new Node("", "Identity", [value], [name], []));
        Outputs.Add(new Slot(name, type, [Free, width]));
    }

    private string Add(string domain, string operation, ReadOnlySpan<string> inputs, ReadOnlySpan<OnnxAttribute> attributes)
    {
        var name = NewName();
        Nodes.Add(new Node(domain, operation, inputs.ToArray(), [name], attributes.ToArray()));
        return name;
    }

    /// <summary>Takes a name that a file uses.</summary>
    internal void Take(string name) => _names.Add(name);

    internal string NewName()
    {
        string name;
        do
            name = string.Create(CultureInfo.InvariantCulture, $"v{_values++}");
        while (_reserved.Contains(name) || !_names.Add(name));
        return name;
    }

    /// <summary>An input or output.</summary>
    internal sealed record Slot(string Name, ElementType Type, ImmutableArray<long> Shape);

    /// <summary>A node with its values, mostly one.</summary>
    internal sealed record Node(string Domain, string Operation, string[] Inputs, string[] Outputs, OnnxAttribute[] Attributes);
}
