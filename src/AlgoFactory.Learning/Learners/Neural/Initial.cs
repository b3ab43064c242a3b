using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>What weights begin with.</summary>
internal static class Initial
{
    /// <summary>Even between ±<paramref name="limit"/>, each value a hash of the seed and its place.</summary>
    public static void Uniform(Span<float> values, float limit, ulong seed)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = ((FoldAssignment.Mix(seed + (ulong)i) >> 40) * (2f / (1 << 24)) - 1) * limit;
    }
}
