namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// SplitMix64 (Steele, Lea, Flood 2014), as a generator and as a hash: choices that must not depend on the order in which
/// threads make them are hashed from what they are about (seed, tree, node, feature).
/// </summary>
internal struct SplitMix(ulong state)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private ulong _state = state;

    public ulong Next() => Mix(_state += Golden);

    /// <summary>A whole number in 0 .. <paramref name="bound"/> - 1.</summary>
    public int Next(int bound) => (int)(((Next() >> 32) * (ulong)bound) >> 32);

    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    public static ulong Hash(ulong seed, ulong a) => Mix(Mix(seed + Golden) ^ (a * Golden + 0x632BE59BD9B4E019));

    public static ulong Hash(ulong seed, ulong a, ulong b) => Hash(Hash(seed, a), b);

    /// <summary>A hash as a number in [0, 1).</summary>
    public static double Unit(ulong hash) => (hash >> 11) * (1.0 / (1UL << 53));
}
