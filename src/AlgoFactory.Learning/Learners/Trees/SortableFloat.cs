namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>Floats as unsigned keys of the same order, and a radix sort by them.</summary>
internal static class SortableFloat
{
    private const int DigitBits = 11;
    private const int Digits = 1 << DigitBits;

    /// <summary>The key of a value that is not NaN; both zeros have the same.</summary>
    public static uint Key(float value)
    {
        // Adding 0 turns -0 into 0. Negative numbers are ordered against their bits.
        var bits = BitConverter.SingleToUInt32Bits(value + 0f);
        return bits ^ ((uint)((int)bits >> 31) | 0x80000000);
    }

    /// <summary>The value of a key.</summary>
    public static float Value(uint key) =>
        BitConverter.UInt32BitsToSingle((key & 0x80000000) != 0 ? key ^ 0x80000000 : ~key);

    /// <summary>
    /// Sorts words by their upper halves, words with equal ones staying in order: three stable passes over 11 bits each
    /// (LSD radix sort), about four times as fast as comparing where a few thousand words fit the cache.
    /// </summary>
    /// <param name="words">The words.</param>
    /// <param name="spare">As many, of no meaning before and after.</param>
    public static void SortByKey(Span<ulong> words, Span<ulong> spare)
    {
        Span<int> counts = stackalloc int[3 * Digits];
        counts.Clear();
        foreach (var word in words)
        {
            counts[Digit(word, 0)]++;
            counts[Digits + Digit(word, 1)]++;
            counts[2 * Digits + Digit(word, 2)]++;
        }

        var from = words;
        var to = spare;
        var moved = false;
        for (var pass = 0; pass < 3; pass++)
        {
            var places = counts.Slice(pass * Digits, Digits);
            if (words.Length == 0 || places[Digit(from[0], pass)] == words.Length)
                continue;
            var next = 0;
            foreach (ref var place in places)
            {
                var count = place;
                place = next;
                next += count;
            }

            foreach (var word in from)
                to[places[Digit(word, pass)]++] = word;
            var swap = from;
            from = to;
            to = swap;
            moved = !moved;
        }

        if (moved)
            from.CopyTo(words);
    }

    private static int Digit(ulong word, int pass) => (int)(word >> (32 + pass * DigitBits)) & (Digits - 1);
}
