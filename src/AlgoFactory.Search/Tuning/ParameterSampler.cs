using System.Globalization;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Search.Tuning;

/// <summary>Draws settings from a space, in its own scale: log-uniform where the space says so.</summary>
internal static class ParameterSampler
{
    /// <summary>Draws every searched parameter; around <paramref name="center"/> where that is given.</summary>
    /// <param name="space">The space.</param>
    /// <param name="random">The randomness.</param>
    /// <param name="center">The setting to stay near, or null to draw anywhere.</param>
    /// <param name="step">The standard deviation of a step, as a share of a parameter's range.</param>
    public static ParameterSet Draw(SearchSpace space, SplitMix64 random, ParameterSet? center, double step)
    {
        var drawn = ParameterSet.Empty;
        foreach (var spec in space.Parameters.Where(p => p.Searched))
            drawn = spec.Kind == ParameterKind.Choice
                ? drawn.With(spec.Name, DrawChoice(spec, random, center, step))
                : drawn.With(spec.Name, DrawNumber(spec, random, center, step));
        return drawn;
    }

    private static string DrawChoice(ParameterSpec spec, SplitMix64 random, ParameterSet? center, double step) =>
        center is not null && random.NextDouble() >= step
            ? center.Choice(spec)
            : spec.Choices[random.NextInt(spec.Choices.Length)];

    private static double DrawNumber(ParameterSpec spec, SplitMix64 random, ParameterSet? center, double step)
    {
        if (spec.Kind == ParameterKind.Flag)
            return center is not null && random.NextDouble() >= step ? center.Number(spec) : random.NextInt(2);
        var unit = center is null ? random.NextDouble() : Reflect(ToUnit(spec, center.Number(spec)) + step * random.NextNormal());
        var value = FromUnit(spec, unit);
        return Math.Clamp(spec.Kind == ParameterKind.Integer ? Math.Round(value) : RoundSignificant(value), spec.Min, spec.Max);
    }

    private static double ToUnit(ParameterSpec spec, double value)
    {
        if (spec.Max <= spec.Min)
            return 0;
        return IsLog(spec)
            ? Math.Log(Math.Max(value, spec.Min) / spec.Min) / Math.Log(spec.Max / spec.Min)
            : (value - spec.Min) / (spec.Max - spec.Min);
    }

    private static double FromUnit(ParameterSpec spec, double unit) => IsLog(spec)
        ? spec.Min * Math.Pow(spec.Max / spec.Min, unit)
        : spec.Min + unit * (spec.Max - spec.Min);

    private static bool IsLog(ParameterSpec spec) => spec.Log && spec.Min > 0;

    private static double Reflect(double unit)
    {
        unit = Math.Abs(unit) % 2;
        return unit > 1 ? 2 - unit : unit;
    }

    /// <summary>Four significant digits: a leaderboard that people can read, and that they can type back.</summary>
    private static double RoundSignificant(double value) =>
        double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
