using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Serving.Deployments;

/// <summary>
/// All arms of a deployment take the same columns and give the same kind of answer, or a caller would be refused by one arm what
/// another takes, at random.
/// </summary>
internal static class SameShape
{
    /// <summary>Refuses a version that takes or gives something else than the first one.</summary>
    /// <exception cref="DeploymentException">It does; the message says what.</exception>
    public static void Check(RegisteredVersion first, RegisteredVersion other)
    {
        if (Difference(first, other) is { } how)
            throw new DeploymentException(
                DeploymentFault.Invalid,
                $"{first.Id.Name}/{first.Id.Version} and {other.Id.Name}/{other.Id.Version} cannot share a deployment: {how}. Deploy them under two names.");
    }

    /// <summary>What tells the two apart for a caller; null: nothing does.</summary>
    public static string? Difference(RegisteredVersion first, RegisteredVersion other)
    {
        var (one, two) = (first.Manifest!, other.Manifest!);
        if (one.Task.Kind != two.Task.Kind)
            return $"the one is a {one.Task.Kind.ToString().ToLowerInvariant()} model, the other a {two.Task.Kind.ToString().ToLowerInvariant()} model";
        if (!one.Task.Classes.SequenceEqual(two.Task.Classes))
            return $"their classes are {Listed(one.Task.Classes)} and {Listed(two.Task.Classes)}";
        var kinds = one.Schema.Features.ToDictionary(c => c.Name, c => c.Kind, StringComparer.Ordinal);
        foreach (var column in two.Schema.Features)
        {
            if (!kinds.Remove(column.Name, out var kind))
                return $"only version {other.Id.Version} of '{other.Id.Name}' takes the column '{column.Name}'";
            if (kind != column.Kind)
                return $"the column '{column.Name}' is {kind.ToString().ToLowerInvariant()} in the one and {column.Kind.ToString().ToLowerInvariant()} in the other";
        }

        return kinds.Count > 0 ? $"only version {first.Id.Version} of '{first.Id.Name}' takes the column '{kinds.Keys.First()}'" : null;
    }

    private static string Listed(IEnumerable<string> classes) => $"({string.Join(", ", classes.Take(10))})";
}
