using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Search.Experiments;

/// <summary>
/// Measures what a model takes to predict one row, making its features included: the mean over some rows of the data. Of several
/// rounds the quickest counts, for what a busy machine adds to the others is not the model's.
/// </summary>
internal sealed class LatencyMeter
{
    private const int Rows = 16;
    private const int Rounds = 8;

    /// <summary>Rounds that do not count: code and caches warm up.</summary>
    private const int WarmUp = 4;

    private readonly ExperimentData _data;
    private readonly TaskSpec _task;
    private readonly TimeProvider _clock;
    private readonly ImmutableArray<Frame> _rows;

    public LatencyMeter(ExperimentData data, TaskSpec task, TimeProvider clock)
    {
        (_data, _task, _clock) = (data, task, clock);
        var count = Math.Min(Rows, data.Train.RowCount);
        _rows = [.. Enumerable.Range(0, count).Select(i => data.Train.Take([(int)((long)i * data.Train.RowCount / count)]))];
    }

    /// <summary>The time a row of one model.</summary>
    public TimeSpan Measure(TrialResult trial, FittedModel model) =>
        Measure([new EnsembleMember(trial.Proposal.Learner, trial.RefitParameters, model.Pipeline, model.Model, 1)]);

    /// <summary>The time a row of an ensemble.</summary>
    public TimeSpan Measure(ImmutableArray<EnsembleMember> members)
    {
        var predictor = new Predictor(_data.Schema, _task, members, new PostProcessing());
        return Measure(row => predictor.Predict(row));
    }

    /// <summary>The time to make a row's features.</summary>
    public TimeSpan Measure(FeaturePipeline pipeline) => Measure(row => pipeline.Transform(row));

    private TimeSpan Measure(Action<Frame> use)
    {
        var best = TimeSpan.MaxValue;
        for (var round = -WarmUp; round < Rounds; round++)
        {
            var started = _clock.GetTimestamp();
            foreach (var row in _rows)
                use(row);
            var took = _clock.GetElapsedTime(started) / _rows.Length;
            if (round >= 0 && took < best)
                best = took;
        }

        return best;
    }

    /// <summary>A latency in words.</summary>
    public static string Text(TimeSpan latency) => string.Create(CultureInfo.InvariantCulture, $"{latency.TotalMicroseconds:0.#} µs");
}
