using AlgoFactory.Data.Profiling;

namespace AlgoFactory.Data.Schemas;

/// <summary>The task that a target column asks for.</summary>
public static class TaskChoice
{
    /// <summary>Two classes.</summary>
    public const string Binary = "binary";

    /// <summary>Three classes or more.</summary>
    public const string Multiclass = "multiclass";

    /// <summary>A number.</summary>
    public const string Regression = "regression";

    /// <summary>Items for users; see <see cref="RecommendDesign"/>.</summary>
    public const string Recommend = "recommend";

    /// <summary>Chosen by the label's values.</summary>
    public const string Automatic = "auto";

    private const int MostNumericClasses = 10;
    private const int FewestRowsPerClass = 10;

    /// <summary>
    /// The task by the label's kind and values: two values make <c>binary</c>, texts <c>multiclass</c>, numbers
    /// <c>regression</c>; but whole numbers that are at most ten neighbouring values from 0 or 1 on, each often there,
    /// are classes too (digits, grades).
    /// </summary>
    public static string Auto(ColumnSpec label, ColumnProfile profile)
    {
        if (label.Kind == ColumnKind.Boolean || profile.Distinct == 2)
            return Binary;
        if (label.Kind != ColumnKind.Numeric)
            return Multiclass;
        var looksLikeClasses = profile.Distinct <= MostNumericClasses
            && profile.Quantiles is [var low, .., var high]
            && low is 0 or 1
            && high - low + 1 == profile.Distinct
            && profile.Count >= FewestRowsPerClass * profile.Distinct;
        return looksLikeClasses ? Multiclass : Regression;
    }
}
