using AlgoFactory.Learning.Learners.FactorizationMachines;

namespace AlgoFactory.Learning.Learners.Bayes;

/// <summary>What one dense column says of each class.</summary>
/// <param name="IsNormal">Whether it is a normal distribution a class; else levels or bins.</param>
/// <param name="Levels">Levels or bins; 0: normal.</param>
/// <param name="Bounds">Bins: the upper bound of each but the last, ascending; none: the number is a code.</param>
/// <param name="Table">
/// Levels × classes of log frequencies; or, where it is normal, each class's mean, then each one's half inverse variance, then each one's
/// log density at its mean.
/// </param>
internal sealed record BayesColumn(bool IsNormal, int Levels, float[] Bounds, double[] Table)
{
    /// <summary>Adds a value's log likelihood to each class's score; a value that is missing, infinite or unknown says nothing.</summary>
    public void Add(float value, Span<double> scores)
    {
        if (!float.IsFinite(value))
            return;
        var classes = scores.Length;
        if (IsNormal)
        {
            for (var k = 0; k < classes; k++)
            {
                var distance = value - Table[k];
                scores[k] += Table[2 * classes + k] - Table[classes + k] * distance * distance;
            }

            return;
        }

        var level = Level(value);
        if (level < 0)
            return;
        var own = Table.AsSpan(level * classes, classes);
        for (var k = 0; k < classes; k++)
            scores[k] += own[k];
    }

    /// <summary>The level of a finite value; -1: unknown.</summary>
    public int Level(float value) => Bounds.Length > 0
        ? FieldColumn.BinOf(Bounds, value)
        : Levels > 1 && value >= 0 && value < Levels ? (int)value : -1;
}
