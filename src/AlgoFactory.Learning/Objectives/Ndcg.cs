namespace AlgoFactory.Learning.Objectives;

/// <summary>
/// Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002) with gains 2^grade - 1 (Burges et al. 2005) and discounts
/// 1 / log2(1 + rank), rank from 1.
/// </summary>
internal static class Ndcg
{
    /// <summary>The highest grade: gains stay exact in single precision.</summary>
    public const int MaxGrade = 31;

    /// <summary>The gain of a grade.</summary>
    public static double Gain(float grade) => Math.ScaleB(1, (int)grade) - 1;

    private static readonly double[] FirstDiscounts = [.. Enumerable.Range(0, 4096).Select(place => 1 / Math.Log2(place + 2))];

    /// <summary>The discount of a place, from 0.</summary>
    public static double Discount(int place) => place < FirstDiscounts.Length ? FirstDiscounts[place] : 1 / Math.Log2(place + 2);

    /// <summary>Fills <paramref name="order"/> with a query's rows by falling score; rows of equal score keep their order.</summary>
    /// <param name="scores">The query's scores.</param>
    /// <param name="order">Row numbers within the query.</param>
    /// <param name="keys">Scratch, as long.</param>
    public static void Order(ReadOnlySpan<float> scores, Span<int> order, Span<ulong> keys)
    {
        for (var i = 0; i < scores.Length; i++)
        {
            // A float's bits as an unsigned number that falls while the score rises; behind it the row breaks ties.
            var bits = BitConverter.SingleToUInt32Bits(scores[i]);
            var rising = (bits & 0x80000000) == 0 ? bits | 0x80000000 : ~bits;
            keys[i] = ((ulong)~rising << 32) | (uint)i;
        }

        keys[..scores.Length].Sort();
        for (var i = 0; i < scores.Length; i++)
            order[i] = (int)(uint)keys[i];
    }

    /// <summary>The greatest DCG that these grades allow within the first <paramref name="at"/> places.</summary>
    /// <param name="grades">The query's grades.</param>
    /// <param name="at">Places that count.</param>
    public static double Ideal(ReadOnlySpan<float> grades, int at)
    {
        Span<int> counts = stackalloc int[MaxGrade + 1];
        counts.Clear();
        foreach (var grade in grades)
            counts[(int)grade]++;
        var (sum, place) = (0.0, 0);
        var most = Math.Min(at, grades.Length);
        for (var grade = MaxGrade; grade > 0 && place < most; grade--)
            for (var left = counts[grade]; left > 0 && place < most; left--)
                sum += Gain(grade) * Discount(place++);
        return sum;
    }

    /// <summary>The NDCG of one query in an order; 1 where no row is relevant, since no order is then better than another.</summary>
    public static double Of(ReadOnlySpan<float> grades, ReadOnlySpan<int> order, int at)
    {
        var ideal = Ideal(grades, at);
        if (ideal == 0)
            return 1;
        var sum = 0.0;
        for (var place = 0; place < Math.Min(at, order.Length); place++)
            sum += Gain(grades[order[place]]) * Discount(place);
        return sum / ideal;
    }
}
