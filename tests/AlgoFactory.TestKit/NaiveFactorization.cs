namespace AlgoFactory.TestKit;

/// <summary>
/// The plain twins of factorization machines: every pair of entries by itself, in double precision. A row is a list of
/// entries (slot, field, value).
/// </summary>
public static class NaiveFactorization
{
    /// <summary>Σ over pairs of ⟨v_i, v_j⟩ x_i x_j. (Rendle, 2010, equation 1.)</summary>
    /// <param name="row">The entries.</param>
    /// <param name="factor">Factor k of a slot.</param>
    /// <param name="factors">Factors of a slot.</param>
    public static double Fm(IReadOnlyList<(int Slot, int Field, float Value)> row, Func<int, int, double> factor, int factors) =>
        Pairs(row, (a, b, k) => factor(a.Slot, k) * factor(b.Slot, k), factors);

    /// <summary>Σ over pairs of ⟨v_i,f(j), v_j,f(i)⟩ x_i x_j. (Juan et al., 2016, equation 4.)</summary>
    /// <param name="row">The entries.</param>
    /// <param name="factor">Factor k that a slot keeps for a field.</param>
    /// <param name="factors">Factors of a slot for each field.</param>
    public static double Ffm(IReadOnlyList<(int Slot, int Field, float Value)> row, Func<int, int, int, double> factor, int factors) =>
        Pairs(row, (a, b, k) => factor(a.Slot, b.Field, k) * factor(b.Slot, a.Field, k), factors);

    /// <summary>The derivative by central difference.</summary>
    public static double Slope(Func<double, double> function, double at)
    {
        const double step = 1e-4;
        return (function(at + step) - function(at - step)) / (2 * step);
    }

    /// <summary>The log loss of a label 0 or 1 at a score.</summary>
    public static double LogLoss(double score, double label) => Math.Max(score, 0) - score * label + Math.Log(1 + Math.Exp(-Math.Abs(score)));

    private static double Pairs(
        IReadOnlyList<(int Slot, int Field, float Value)> row, Func<(int Slot, int Field, float Value), (int Slot, int Field, float Value), int, double> product, int factors)
    {
        double sum = 0;
        for (var i = 0; i < row.Count; i++)
            for (var j = i + 1; j < row.Count; j++)
                for (var k = 0; k < factors; k++)
                    sum += product(row[i], row[j], k) * row[i].Value * row[j].Value;
        return sum;
    }
}
