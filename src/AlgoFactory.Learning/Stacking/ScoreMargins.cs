using System.Collections.Immutable;

namespace AlgoFactory.Learning.Stacking;

/// <summary>
/// Scores of first-layer models as a second layer reads them: log-odds of two classes, logarithms of the probabilities of several,
/// numbers as they are; each standardised, so that a penalty weighs all of them alike. It can be undone.
/// </summary>
/// <param name="Kind">The task.</param>
/// <param name="Width">Scores a row of one model.</param>
/// <param name="Centers">One for each score of each model, side by side.</param>
/// <param name="Scales">As many, above 0.</param>
public sealed record ScoreMargins(TaskKind Kind, int Width, ImmutableArray<double> Centers, ImmutableArray<double> Scales)
{
    /// <summary>Probabilities are held that far from 0 and 1: what is surer than that is so by accident of the training rows.</summary>
    private const double Least = 1e-6;

    /// <summary>Columns: models × <see cref="Width"/>.</summary>
    public int Columns => Centers.Length;

    /// <summary>Learns means and deviations.</summary>
    /// <param name="task">The task.</param>
    /// <param name="scores">Rows × output width of each model.</param>
    public static ScoreMargins Fit(TaskSpec task, IReadOnlyList<ReadOnlyMemory<float>> scores)
    {
        var width = task.OutputWidth;
        var (centers, scales) = (new double[scores.Count * width], new double[scores.Count * width]);
        for (var column = 0; column < centers.Length; column++)
        {
            var from = scores[column / width].Span;
            var (count, mean, squares) = (0, 0.0, 0.0);
            for (var i = column % width; i < from.Length; i += width)
            {
                var margin = Margin(task.Kind, from[i]);
                if (!double.IsFinite(margin))
                    continue;
                // Welford's update: exact where the mean is large beside the deviation.
                var delta = margin - mean;
                mean += delta / ++count;
                squares += delta * (margin - mean);
            }

            centers[column] = mean;
            scales[column] = squares > 0 ? Math.Sqrt(squares / count) : 1;
        }

        return new ScoreMargins(task.Kind, width, [.. centers], [.. scales]);
    }

    /// <summary>Makes rows × <see cref="Columns"/> scores into margins where they stand; what is no number becomes the mean.</summary>
    public void Apply(Span<float> scores)
    {
        for (var i = 0; i < scores.Length; i++)
        {
            var margin = (Margin(Kind, scores[i]) - Centers[i % Columns]) / Scales[i % Columns];
            scores[i] = double.IsFinite(margin) ? (float)margin : 0;
        }
    }

    /// <summary>The score that a margin of a column was made of.</summary>
    public double Restore(float margin, int column)
    {
        var value = margin * Scales[column] + Centers[column];
        return Kind switch
        {
            TaskKind.Binary => 1 / (1 + Math.Exp(-value)),
            TaskKind.Multiclass => Math.Exp(value),
            _ => value,
        };
    }

    private static double Margin(TaskKind kind, float score) => kind switch
    {
        TaskKind.Binary => Math.Log(Math.Clamp((double)score, Least, 1 - Least) / (1 - Math.Clamp((double)score, Least, 1 - Least))),
        TaskKind.Multiclass => Math.Log(Math.Clamp((double)score, Least, 1)),
        _ => score,
    };
}
