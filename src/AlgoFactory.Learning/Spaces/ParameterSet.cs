using System.Collections.Immutable;
using System.Globalization;

namespace AlgoFactory.Learning.Spaces;

/// <summary>
/// Chosen values of parameters by name: immutable, equal by content. A number, truth value (0/1) or choice is held as
/// a double or string.
/// </summary>
public sealed class ParameterSet : IEquatable<ParameterSet>
{
    /// <summary>No parameter: all defaults.</summary>
    public static readonly ParameterSet Empty = new(ImmutableSortedDictionary.Create<string, object>(StringComparer.Ordinal));

    private readonly ImmutableSortedDictionary<string, object> _values;

    private ParameterSet(ImmutableSortedDictionary<string, object> values) => _values = values;

    /// <summary>Name and value, by name; a value is a <see cref="double"/> or a <see cref="string"/>.</summary>
    public IEnumerable<KeyValuePair<string, object>> Values => _values;

    /// <summary>This set with one value added or replaced.</summary>
    public ParameterSet With(string name, double value) => new(_values.SetItem(name, value));

    /// <summary>This set with one value added or replaced.</summary>
    public ParameterSet With(string name, string value) => new(_values.SetItem(name, value));

    /// <summary>This set without a value for the name: it has its default again.</summary>
    public ParameterSet Without(string name) => new(_values.Remove(name));

    /// <summary>Whether the name has a value.</summary>
    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>The value, or the default of <paramref name="spec"/>, held to its range.</summary>
    public double Number(ParameterSpec spec)
    {
        var value = _values.TryGetValue(spec.Name, out var found) && found is double number ? number : spec.Default;
        return Math.Clamp(value, spec.Min, spec.Max);
    }

    /// <summary>The value as a whole number.</summary>
    public int Integer(ParameterSpec spec) => (int)Math.Round(Number(spec));

    /// <summary>The value as a truth value.</summary>
    public bool Flag(ParameterSpec spec) => Number(spec) >= 0.5;

    /// <summary>The choice, or the default one.</summary>
    /// <exception cref="LearningException">The value is none of the choices; the message lists them.</exception>
    public string Choice(ParameterSpec spec)
    {
        if (!_values.TryGetValue(spec.Name, out var found))
            return spec.Choices[(int)spec.Default];
        return found is string text && spec.Choices.Contains(text)
            ? text
            : throw new LearningException(
                string.Create(CultureInfo.InvariantCulture, $"Parameter '{spec.Name}' is '{found}' but must be one of: {string.Join(", ", spec.Choices)}."));
    }

    /// <summary>The text, or an empty one.</summary>
    public string Text(ParameterSpec spec) => _values.TryGetValue(spec.Name, out var found) ? Convert.ToString(found, CultureInfo.InvariantCulture)! : "";

    /// <inheritdoc/>
    public bool Equals(ParameterSet? other) =>
        other is not null && _values.Count == other._values.Count &&
        _values.All(p => other._values.TryGetValue(p.Key, out var v) && v.Equals(p.Value));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ParameterSet);

    /// <inheritdoc/>
    public override int GetHashCode() => _values.Aggregate(17, (h, p) => HashCode.Combine(h, p.Key, p.Value));

    /// <summary><c>name=value, …</c></summary>
    public override string ToString() =>
        string.Join(", ", _values.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Key}={p.Value}")));
}
