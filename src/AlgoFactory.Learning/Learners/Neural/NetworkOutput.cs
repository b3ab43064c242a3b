using AlgoFactory.Learning.Learners.Common;
using AlgoFactory.Learning.Learners.FactorizationMachines;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>How a network's outputs become predictions: probabilities by softmax or the logistic function, or values in the target's unit.</summary>
/// <param name="Classes">The classes of a softmax; 1: <paramref name="Link"/> holds.</param>
/// <param name="Link">Log odds to a probability, or a standardised target to a value.</param>
internal readonly record struct NetworkOutput(int Classes, ScoreLink Link)
{
    /// <summary>Turns outputs into predictions in place. An output that is no number (no sum of finite weights is) says nothing.</summary>
    public void Apply(Span<float> scores)
    {
        if (Classes == 1)
        {
            foreach (ref var score in scores)
                score = Link.Apply(score);
            return;
        }

        for (var at = 0; at < scores.Length; at += Classes)
        {
            var row = scores.Slice(at, Classes);
            foreach (ref var score in row)
                score = float.IsNaN(score) ? 0 : Math.Clamp(score, -float.MaxValue, float.MaxValue);
            Softmax.Apply(row);
        }
    }
}
