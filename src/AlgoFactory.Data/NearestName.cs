namespace AlgoFactory.Data;

/// <summary>Finds what a mistyped name was probably meant to be.</summary>
public static class NearestName
{
    private const int LongestName = 256;

    /// <summary>
    /// The candidate with the smallest edit distance (Damerau's, with neighbours swapped as one edit; without regard to
    /// case), or null when none is near: at most a third of the longer name's letters may differ.
    /// </summary>
    public static string? Find(string name, IEnumerable<string> candidates)
    {
        if (name.Length is 0 or > LongestName)
            return null;
        var lower = name.ToLowerInvariant();
        string? nearest = null;
        var best = int.MaxValue;
        foreach (var candidate in candidates)
        {
            var limit = Math.Max(1, Math.Max(name.Length, candidate.Length) / 3);
            if (candidate.Length > LongestName || Math.Abs(candidate.Length - name.Length) > limit)
                continue;
            var distance = Distance(lower, candidate.ToLowerInvariant());
            if (distance < best && distance <= limit)
            {
                nearest = candidate;
                best = distance;
            }
        }

        return nearest;
    }

    /// <summary>For an error's sentence: <c> (did you mean 'x'?)</c>, or nothing when no name is near.</summary>
    public static string Hint(string name, IEnumerable<string> candidates) =>
        Find(name, candidates) is { } nearest ? $" (did you mean '{nearest}'?)" : string.Empty;

    // Optimal string alignment over three rows.
    private static int Distance(string a, string b)
    {
        var beforeLast = new int[b.Length + 1];
        var last = new int[b.Length + 1];
        var current = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            last[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                current[j] = Math.Min(Math.Min(current[j - 1] + 1, last[j] + 1), last[j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    current[j] = Math.Min(current[j], beforeLast[j - 2] + 1);
            }

            (beforeLast, last, current) = (last, current, beforeLast);
        }

        return last[b.Length];
    }
}
