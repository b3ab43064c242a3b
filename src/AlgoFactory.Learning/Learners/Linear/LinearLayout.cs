namespace AlgoFactory.Learning.Learners.Linear;

/// <summary>
/// Where a linear model's weights stand in one vector: outputs × dense (a row of weights an output, for dot products),
/// then sparse × outputs (all outputs of a column together, for scattered reads), then one intercept an output.
/// </summary>
internal readonly record struct LinearLayout(int Outputs, int Dense, int Sparse)
{
    /// <summary>Where the sparse columns' weights begin.</summary>
    public int SparseStart => Outputs * Dense;

    /// <summary>Where the intercepts begin.</summary>
    public int InterceptStart => Outputs * (Dense + Sparse);

    /// <summary>All weights.</summary>
    public int Length => checked(Outputs * (Dense + Sparse + 1));
}
