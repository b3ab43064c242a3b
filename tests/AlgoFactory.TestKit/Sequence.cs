namespace AlgoFactory.TestKit;

/// <summary>SplitMix64: pseudo-random numbers that are the same on every machine and version.</summary>
public sealed class Sequence(ulong seed)
{
    private ulong _state = seed;

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number in [0, 1).</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A whole number in [from, to).</summary>
    public int Next(int from, int to) => from + (int)(NextBits() % (ulong)(to - from));

    /// <summary>True with that probability.</summary>
    public bool Chance(double probability) => NextDouble() < probability;
}
