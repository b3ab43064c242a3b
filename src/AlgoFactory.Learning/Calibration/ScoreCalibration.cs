using System.Collections.Immutable;

namespace AlgoFactory.Learning.Calibration;

/// <summary>
/// Makes a classifier's scores into probabilities that can be taken at their word. Immutable; a row's result does not depend
/// on the rows beside it, so that one row and a file of them give the same bits.
/// </summary>
/// <param name="Method"><see cref="Platt"/>, <see cref="Isotonic"/> or <see cref="Temperature"/>.</param>
/// <param name="Maps">One map for two classes, one a class for more (one against the rest, then normalised); empty for temperature.</param>
/// <param name="Exponent">Temperature scaling: what each probability is raised to (1 / T) before they are normalised; else 1.</param>
public sealed record ScoreCalibration(string Method, ImmutableArray<MarginMap> Maps, double Exponent = 1)
{
    /// <summary>A line through the log-odds (Platt 1999).</summary>
    public const string Platt = "platt";

    /// <summary>Centred isotonic regression (Oron and Flournoy 2017).</summary>
    public const string Isotonic = "isotonic";

    /// <summary>One exponent for all classes (Guo et al. 2017).</summary>
    public const string Temperature = "temperature";

    /// <summary>Calibrates rows in place.</summary>
    /// <param name="scores">rows × width.</param>
    /// <param name="width">Scores a row; 1: the probability of the positive class.</param>
    public void Apply(Span<float> scores, int width)
    {
        if (width == 1)
        {
            foreach (ref var score in scores)
                score = (float)MarginMap.Probability(Maps[0].Apply(MarginMap.Margin(score)));
            return;
        }

        for (; !scores.IsEmpty; scores = scores[width..])
            if (Maps.IsEmpty)
                Sharpen(scores[..width]);
            else
                OneAgainstRest(scores[..width]);
    }

    private void OneAgainstRest(Span<float> row)
    {
        var sum = 0.0;
        for (var k = 0; k < row.Length; k++)
        {
            row[k] = (float)MarginMap.Probability(Maps[k].Apply(MarginMap.Margin(row[k])));
            sum += row[k];
        }

        if (sum > 0)
            foreach (ref var score in row)
                score = (float)(score / sum);
        else
            row.Fill(1f / row.Length);
    }

    private void Sharpen(Span<float> row)
    {
        // Relative to the largest, so that nothing under- or overflows.
        var largest = System.Numerics.Tensors.TensorPrimitives.Max(row);
        if (!(largest > 0))
            return;
        var sum = 0.0;
        foreach (var score in row)
            sum += Math.Pow((double)score / largest, Exponent);
        foreach (ref var score in row)
            score = (float)(Math.Pow((double)score / largest, Exponent) / sum);
    }
}
