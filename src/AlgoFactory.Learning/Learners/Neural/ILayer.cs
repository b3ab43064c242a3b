using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>
/// One layer of a network in training. It keeps what the way back needs between <see cref="Forward"/> and
/// <see cref="Backward"/>; arrays that it hands out hold at least rows × width values and are its own until the next call.
/// </summary>
internal interface ILayer
{
    /// <summary>What it learns.</summary>
    IEnumerable<Parameter> Parameters { get; }

    /// <summary>The layer's output, a row each.</summary>
    float[] Forward(float[] input, Batch batch);

    /// <summary>Sets the parameters' gradients and returns the loss's derivative by the input.</summary>
    float[] Backward(float[] gradient, Batch batch);
}

/// <summary>What all layers know of the batch at hand.</summary>
/// <param name="Rows">Its rows.</param>
/// <param name="Seed">For what is drawn at random, another each time.</param>
/// <param name="Workers">The fit's threads.</param>
internal readonly record struct Batch(int Rows, ulong Seed, Workers Workers);
