namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>A rule that turns gradients into steps. It works value by value, so that any part of an array can be stepped alone.</summary>
internal interface IOptimizer
{
    /// <summary>Steps neighbouring values; all spans have the same length.</summary>
    /// <param name="values">What is changed.</param>
    /// <param name="gradient">The loss's derivative.</param>
    /// <param name="first">What the rule remembers, 0 at first.</param>
    /// <param name="second">What else it remembers, 0 at first.</param>
    /// <param name="step">How far.</param>
    void Step(Span<float> values, ReadOnlySpan<float> gradient, Span<float> first, Span<float> second, in StepSize step);
}

/// <summary>How far a step goes.</summary>
/// <param name="Number">The step's number, from 1.</param>
/// <param name="Rate">The learning rate.</param>
/// <param name="Scale">The factor that clips the gradient's norm; 1: not clipped.</param>
internal readonly record struct StepSize(int Number, float Rate, float Scale);
