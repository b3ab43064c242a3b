namespace AlgoFactory.Torch.Worker.Training;

/// <summary>The learning rate along a training, as a share of the highest one.</summary>
public static class LearningRates
{
    /// <summary>The part of the training that warms up before a cosine or steps.</summary>
    private const double WarmUp = 0.05;

    /// <summary>The part of one cycle in which the rate rises (Smith and Topin, Super-convergence, 2018).</summary>
    private const double Rise = 0.2;

    private const double CycleStart = 0.2;
    private const double End = 1e-4;
    private const double StepFactor = 0.1;

    /// <summary>The share at a place of the training.</summary>
    /// <param name="schedule"><c>one-cycle</c>, <c>cosine</c> or <c>step</c>.</param>
    /// <param name="progress">0 at the beginning, 1 at the end.</param>
    public static double At(string schedule, double progress)
    {
        progress = Math.Clamp(progress, 0, 1);
        if (schedule == "one-cycle")
            return progress < Rise ? Cosine(CycleStart, 1, progress / Rise) : Cosine(1, End, (progress - Rise) / (1 - Rise));
        if (progress < WarmUp)
            return Math.Max(End, progress / WarmUp);
        return schedule switch
        {
            "cosine" => Cosine(1, End, (progress - WarmUp) / (1 - WarmUp)),
            "step" => progress < 0.5 ? 1 : progress < 0.75 ? StepFactor : StepFactor * StepFactor,
            _ => throw new ArgumentException($"There is no schedule '{schedule}'.", nameof(schedule)),
        };
    }

    private static double Cosine(double from, double to, double share) => to + (from - to) * (1 + Math.Cos(Math.PI * share)) / 2;
}
