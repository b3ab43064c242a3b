using System.Globalization;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Search.Tuning;

/// <summary>
/// The searched parameters of a space as the axes of a unit cube, so that tuners need not know of ranges: a range is scaled
/// (by its logarithm where the space says so), a category is one of equal cells along its axis.
/// </summary>
internal sealed class UnitCube(SearchSpace space)
{
    private readonly ParameterSpec[] _axes = [.. space.Parameters.Where(p => p.Searched)];

    /// <summary>The number of axes.</summary>
    public int Dimensions => _axes.Length;

    /// <summary>The number of categories on an axis whose values have no order; 0 on any other.</summary>
    public int Categories(int axis) => _axes[axis].Kind switch
    {
        ParameterKind.Choice => _axes[axis].Choices.Length,
        ParameterKind.Flag => 2,
        _ => 0,
    };

    /// <summary>The category that a coordinate stands for.</summary>
    public static int CategoryAt(double unit, int categories) => Math.Clamp((int)(unit * categories), 0, categories - 1);

    /// <summary>The middle of a category's cell.</summary>
    public static double MiddleOf(int category, int categories) => (category + 0.5) / categories;

    /// <summary>The point of a setting; parameters that it does not name are at their defaults.</summary>
    public double[] Encode(ParameterSet parameters)
    {
        var point = new double[_axes.Length];
        for (var i = 0; i < point.Length; i++)
        {
            var spec = _axes[i];
            point[i] = spec.Kind switch
            {
                ParameterKind.Choice => MiddleOf(spec.Choices.IndexOf(parameters.Choice(spec)), spec.Choices.Length),
                ParameterKind.Flag => MiddleOf(parameters.Flag(spec) ? 1 : 0, 2),
                _ => ToUnit(spec, parameters.Number(spec)),
            };
        }

        return point;
    }

    /// <summary>The setting of a point: every searched parameter is named.</summary>
    /// <param name="point">The point.</param>
    /// <param name="onto">A setting whose other parameters are kept.</param>
    public ParameterSet Decode(ReadOnlySpan<double> point, ParameterSet onto)
    {
        for (var i = 0; i < point.Length; i++)
        {
            var spec = _axes[i];
            onto = spec.Kind switch
            {
                ParameterKind.Choice => onto.With(spec.Name, spec.Choices[CategoryAt(point[i], spec.Choices.Length)]),
                ParameterKind.Flag => onto.With(spec.Name, CategoryAt(point[i], 2)),
                _ => onto.With(spec.Name, FromUnit(spec, point[i])),
            };
        }

        return onto;
    }

    /// <summary>A point drawn evenly from the cube.</summary>
    public double[] Draw(SplitMix64 random)
    {
        var point = new double[_axes.Length];
        for (var i = 0; i < point.Length; i++)
            point[i] = random.NextDouble();
        return point;
    }

    private static double ToUnit(ParameterSpec spec, double value)
    {
        if (spec.Max <= spec.Min)
            return 0;
        return IsLog(spec)
            ? Math.Log(Math.Max(value, spec.Min) / spec.Min) / Math.Log(spec.Max / spec.Min)
            : (value - spec.Min) / (spec.Max - spec.Min);
    }

    private static double FromUnit(ParameterSpec spec, double unit)
    {
        var value = IsLog(spec)
            ? spec.Min * Math.Pow(spec.Max / spec.Min, unit)
            : spec.Min + unit * (spec.Max - spec.Min);
        return Math.Clamp(spec.Kind == ParameterKind.Integer ? Math.Round(value) : RoundSignificant(value), spec.Min, spec.Max);
    }

    private static bool IsLog(ParameterSpec spec) => spec.Log && spec.Min > 0;

    /// <summary>Four significant digits: a leaderboard that people can read, and that they can type back.</summary>
    private static double RoundSignificant(double value) =>
        double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
