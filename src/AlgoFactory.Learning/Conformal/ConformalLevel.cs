using System.Globalization;

namespace AlgoFactory.Learning.Conformal;

/// <summary>Levels of intervals and sets.</summary>
public static class ConformalLevel
{
    /// <summary>The lowest level.</summary>
    public const double Lowest = 0.5;

    /// <summary>The highest level.</summary>
    public const double Highest = 0.999;

    /// <summary>Refuses a level that makes no sense.</summary>
    /// <exception cref="LearningException">It is out of range.</exception>
    public static void Check(double level, string what)
    {
        if (!(level is >= Lowest and <= Highest))
            throw new LearningException($"'{what}' is a share of rows from {Text(Lowest)} to {Text(Highest)}, such as 0.9, not {Text(level)}.");
    }

    /// <summary>A level for people, rounded down.</summary>
    public static string Text(double level) => (Math.Floor(level * 1000 + 1e-9) / 1000).ToString("0.###", CultureInfo.InvariantCulture);
}
