using AlgoFactory.Learning.Learners.Common;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>
/// What a network's outputs cost: log loss of two classes (logistic) or more (softmax), or half the squared error of standardised
/// targets. Outputs are turned into their derivatives in place.
/// </summary>
/// <param name="task">Says which loss.</param>
/// <param name="outputs">Outputs a row.</param>
/// <param name="smoothing">The share of a class label that is spread over all classes (Szegedy et al., 2016).</param>
internal sealed class NetworkLoss(TaskKind task, int outputs, float smoothing)
{
    private const int PieceRows = 64;

    private double[] _losses = [];

    /// <summary>Writes the derivatives of the batch's mean weighted loss over <paramref name="scores"/> and returns that loss.</summary>
    /// <param name="scores">The network's outputs of the batch.</param>
    /// <param name="labels">The labels of all rows.</param>
    /// <param name="weights">Their weights.</param>
    /// <param name="rows">The batch's rows.</param>
    /// <param name="batch">The batch.</param>
    public double Derive(float[] scores, float[] labels, float[] weights, ReadOnlyMemory<int> rows, Batch batch)
    {
        if (_losses.Length < batch.Rows)
            _losses = new double[batch.Rows];
        batch.Workers.Ranges(batch.Rows, PieceRows, (from, to) =>
        {
            var order = rows.Span;
            for (var i = from; i < to; i++)
            {
                var own = scores.AsSpan(i * outputs, outputs);
                var factor = weights[order[i]] / batch.Rows;
                _losses[i] = factor * Row(own, labels[order[i]]);
                foreach (ref var score in own)
                    score *= factor;
            }
        });
        double sum = 0;
        for (var i = 0; i < batch.Rows; i++)
            sum += _losses[i];
        return sum;
    }

    /// <summary>Turns a row's scores into derivatives and returns its loss.</summary>
    private double Row(Span<float> scores, float label)
    {
        if (task == TaskKind.Regression)
        {
            var error = scores[0] -= label;
            return 0.5 * error * error;
        }

        if (task == TaskKind.Binary)
        {
            double margin = scores[0], target = label * (1 - smoothing) + smoothing / 2;
            var other = Math.Exp(-Math.Abs(margin));
            scores[0] = (float)((margin >= 0 ? 1 / (1 + other) : other / (1 + other)) - target);
            return Math.Log(1 + other) + Math.Max(margin, 0) - margin * target;
        }

        Softmax.Apply(scores);
        double loss = 0, share = smoothing / outputs;
        for (var k = 0; k < scores.Length; k++)
        {
            var target = share + (k == (int)label ? 1 - smoothing : 0);
            if (target > 0)
                loss -= target * Math.Log(Math.Max(scores[k], float.Epsilon));
            scores[k] -= (float)target;
        }

        return loss;
    }
}
