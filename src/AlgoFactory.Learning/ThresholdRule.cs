using System.Globalization;

namespace AlgoFactory.Learning;

/// <summary>What a decision threshold is chosen for.</summary>
public enum ThresholdAim
{
    /// <summary>0.5, or the best F1 where the positive class is rare.</summary>
    Automatic,

    /// <summary>The given probability.</summary>
    Fixed,

    /// <summary>The best F1.</summary>
    F1,

    /// <summary>The least cost of wrong decisions.</summary>
    Cost,

    /// <summary>The best precision among thresholds of at least a recall.</summary>
    PrecisionAtRecall,

    /// <summary>The best recall among thresholds of at least a precision.</summary>
    RecallAtPrecision,
}

/// <summary>
/// How the decision threshold of a binary task is chosen: <c>auto</c>, a probability, <c>f1</c>,
/// <c>cost:fp=1,fn=5</c>, <c>precision-at-recall=0.8</c> or <c>recall-at-precision=0.8</c>.
/// </summary>
/// <param name="Aim">What it is chosen for.</param>
/// <param name="Value">The probability, recall or precision.</param>
/// <param name="FalsePositive">The cost of a false positive.</param>
/// <param name="FalseNegative">The cost of a false negative.</param>
public sealed record ThresholdRule(ThresholdAim Aim, double Value = 0, double FalsePositive = 1, double FalseNegative = 1)
{
    private const string CostPrefix = "cost:";
    private const string PrecisionAtRecallName = "precision-at-recall";
    private const string RecallAtPrecisionName = "recall-at-precision";

    /// <summary>The rule of those who ask for nothing.</summary>
    public static ThresholdRule Automatic { get; } = new(ThresholdAim.Automatic);

    /// <summary>Reads a rule.</summary>
    /// <exception cref="LearningException">It is none; the message lists those there are.</exception>
    public static ThresholdRule Parse(string text)
    {
        if (text == "auto")
            return Automatic;
        if (text == "f1")
            return new ThresholdRule(ThresholdAim.F1);
        if (text.StartsWith(CostPrefix, StringComparison.Ordinal))
            return Cost(text[CostPrefix.Length..]);
        var (name, value) = text.IndexOf('=') is var at and > 0 ? (text[..at], text[(at + 1)..]) : ("", text);
        var aim = name switch
        {
            "" => ThresholdAim.Fixed,
            PrecisionAtRecallName => ThresholdAim.PrecisionAtRecall,
            RecallAtPrecisionName => ThresholdAim.RecallAtPrecision,
            _ => ThresholdAim.Automatic,
        };
        return aim != ThresholdAim.Automatic && Number(value) is > 0 and < 1 and var number
            ? new ThresholdRule(aim, number)
            : throw new LearningException(
                $"'{text}' is no rule for a threshold; give auto, a probability such as 0.3, f1, cost:fp=1,fn=5, {PrecisionAtRecallName}=0.8 or {RecallAtPrecisionName}=0.8.");
    }

    /// <summary>Reads costs such as <c>fp=1,fn=5</c>.</summary>
    /// <exception cref="LearningException">They are none.</exception>
    public static ThresholdRule Cost(string text)
    {
        double? fp = null, fn = null;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (part.StartsWith("fp=", StringComparison.Ordinal) && fp is null)
                fp = Number(part[3..]);
            else if (part.StartsWith("fn=", StringComparison.Ordinal) && fn is null)
                fn = Number(part[3..]);
            else
                throw NoCost(text);
        }

        return fp is > 0 and { } wrongPositive && fn is > 0 and { } wrongNegative
            ? new ThresholdRule(ThresholdAim.Cost, 0, wrongPositive, wrongNegative)
            : throw NoCost(text);
    }

    /// <summary>The rule as <see cref="Parse"/> reads it.</summary>
    public override string ToString() => Aim switch
    {
        ThresholdAim.Automatic => "auto",
        ThresholdAim.F1 => "f1",
        ThresholdAim.Cost => $"{CostPrefix}fp={Text(FalsePositive)},fn={Text(FalseNegative)}",
        ThresholdAim.PrecisionAtRecall => $"{PrecisionAtRecallName}={Text(Value)}",
        ThresholdAim.RecallAtPrecision => $"{RecallAtPrecisionName}={Text(Value)}",
        _ => Text(Value),
    };

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    private static LearningException NoCost(string text) =>
        new($"'{text}' is no cost of errors; give both, each above 0, such as fp=1,fn=5 (what a false positive and a false negative cost).");
}
