using System.Collections.Immutable;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Exporting;

/// <summary>
/// A model's data columns as inputs of an ONNX graph, each rows × 1 and named as its column: numbers and truth values as
/// double with NaN for missing, categories as text with the empty one for missing. A column is an input once something asks
/// for it.
/// </summary>
internal sealed class OnnxInputs(OnnxGraph graph, ImmutableArray<ColumnSpec> columns)
{
    private readonly Dictionary<string, string> _slots = new(StringComparer.Ordinal);
    private readonly HashSet<string> _numbers = new(StringComparer.Ordinal);

    /// <summary>The graph.</summary>
    public OnnxGraph Graph => graph;

    /// <summary>The columns that were asked for.</summary>
    public IEnumerable<ColumnSpec> Used => columns.Where(c => _numbers.Contains(c.Name) || _slots.ContainsKey(c.Name));

    /// <summary>A column's numbers: rows × 1, double.</summary>
    public string Numbers(string column)
    {
        if (_numbers.Add(column))
            graph.Input(column, ElementType.Double, 1);
        return column;
    }

    /// <summary>A categorical column's level slots (see <see cref="Features.LevelSlots"/>): rows × 1, int64.</summary>
    /// <param name="column">The column.</param>
    /// <param name="slots">Slots of the table that is looked into.</param>
    /// <exception cref="LearningException">The table was made for another number of levels.</exception>
    public string Slots(string column, int slots)
    {
        var levels = columns.Single(c => c.Name == column).Levels;
        if (slots != levels.Length + 2)
            throw new LearningException($"The model knows {slots - 2} levels of the column '{column}' and its schema {levels.Length}: it cannot be exported.");
        if (_slots.TryGetValue(column, out var known))
            return known;
        // Two levels may not be the same key; what is written as missing is missing.
        var missing = levels.Contains("", StringComparer.Ordinal) ? ImmutableArray<string>.Empty : [""];
        var value = graph.AddMl(
            "LabelEncoder", [graph.Input(column, ElementType.String, 1)],
            OnnxAttribute.Of("keys_strings", levels.AddRange(missing)),
            OnnxAttribute.Of("values_int64s", [.. Enumerable.Range(0, levels.Length + missing.Length).Select(i => (long)i)]),
            OnnxAttribute.Of("default_int64", levels.Length + 1L));
        _slots.Add(column, value);
        return value;
    }

    /// <summary>Looks up rows of a table: rows × width, of the table's type.</summary>
    /// <param name="table">Places × width.</param>
    /// <param name="places">Rows × 1, int64.</param>
    public string LookUp(OnnxTensor table, string places) => LookUp(graph, table, places);

    /// <inheritdoc cref="LookUp(OnnxTensor, string)"/>
    public static string LookUp(OnnxGraph graph, OnnxTensor table, string places)
    {
        var found = graph.Add("Gather", [graph.Constant(table), places], OnnxAttribute.Of("axis", 0L));
        return graph.Add("Squeeze", [found, graph.Constant(OnnxTensor.Of<long>([1]))]);
    }
}
