namespace AlgoFactory.Learning.Learners.Linear;

/// <summary>A smooth convex function to minimise.</summary>
internal interface IObjective
{
    /// <summary>The number of variables.</summary>
    int Length { get; }

    /// <summary>About how fast each slope changes with its own variable (the Hessian's diagonal); not negative.</summary>
    double[] Curvature();

    /// <summary>Returns the value at a point and writes the gradient there.</summary>
    double Evaluate(ReadOnlySpan<double> point, Span<double> gradient);
}
