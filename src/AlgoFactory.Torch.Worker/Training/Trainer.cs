using System.Diagnostics;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Torch.Protocol;
using AlgoFactory.Torch.Worker.Modules;
using AlgoFactory.Torch.Worker.Native;
using AlgoFactory.Torch.Worker.Tensors;
using AlgoFactory.Torch.Workers;

namespace AlgoFactory.Torch.Worker.Training;

/// <summary>
/// Trains a job. All that is random is drawn anew for each epoch from the seed and the epoch's number, so that a training that was
/// taken up again between two epochs goes on as if nothing had happened. Where time is limited the schedule of learning rates
/// is fitted to it: training ends with small steps, however many there were.
/// </summary>
public sealed class Trainer : IDisposable
{
    /// <summary>The share of the time that may be taken up by storing.</summary>
    private const double CheckpointShare = 0.02;

    private readonly TrainingJob _job;
    private readonly TrainingData _data;
    private readonly Action<StepReport> _report;
    private readonly int _device;
    private readonly int _outputs;
    private readonly int _stepsPerEpoch;
    private readonly Replicas _replicas;
    private readonly IExamples? _validation;
    private readonly Network _network;
    private readonly Network? _average;
    private readonly Network? _best;
    private readonly Optimizer _optimizer;
    private readonly TensorList _stored;
    private readonly IMetric _metric;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly List<TrainingEpoch> _curve = [];
    private TimeSpan _before;
    private TimeSpan _storing;
    private TimeSpan _storedAt;
    private int _epochs;
    private int _bestEpoch;
    private double _bestLoss = double.PositiveInfinity;
    private int _resumed;
    private int _steps;
    private int _micro;

    /// <summary>Prepares a training.</summary>
    /// <param name="job">The job; its device is one that there is.</param>
    /// <param name="data">Its rows.</param>
    /// <param name="report">Told of every step.</param>
    public Trainer(TrainingJob job, TrainingData data, Action<StepReport> report)
    {
        (_job, _data, _report) = (job, data, report);
        var devices = TorchDevice.Numbers(job.Device);
        _device = devices[0];
        _outputs = job.Network.Outputs;
        var batch = Math.Min(job.Options.Batch, job.Rows);
        _micro = (batch + devices.Length - 1) / devices.Length;
        _stepsPerEpoch = (job.Rows + batch - 1) / batch;
        _metric = MetricCatalog.Find(job.Metric, job.Task);
        Seed(0);
        _replicas = new Replicas(job, data.Inputs, devices);
        _network = _replicas.First.Network;
        _validation = job.ValidationRows > 0 ? IExamples.Of(job, data.ValidationInputs, job.ValidationRows, _device) : null;
        _average = Twin(job.Options.Average > 0);
        _best = Twin(_validation is not null);
        _optimizer = Optimizer.Of(_network, job.Options);
        _stored = new TensorList(((Network?[])[_network, _average, _best]).Where(n => n is not null).SelectMany(n => n!.Weights.Tensors));
    }

    /// <summary>The network that is served: the best epoch's, or the last.</summary>
    public Network Served => _bestEpoch > 0 ? _best! : Validated;

    /// <summary>Rows of one pass at most; a step has several where memory is short, and one or more a device.</summary>
    internal int MicroBatch
    {
        get => _micro;
        set => _micro = value;
    }

    private Network Validated => _average ?? _network;

    private TimeSpan Elapsed => _before + _watch.Elapsed;

    /// <summary>Trains to the end of the schedule, of the time or of the patience.</summary>
    public JobResult Run()
    {
        Resume();
        var stopped = false;
        while (_epochs < _job.Options.Epochs && !stopped && !IsOver)
        {
            var loss = Epoch(out var whole);
            _epochs++;
            var value = Validate();
            var rate = RateAt(_epochs * _stepsPerEpoch);
            _curve.Add(new TrainingEpoch(_epochs, loss, value, rate, Math.Round(Elapsed.TotalSeconds, 2)));
            if (value is not null)
                _report(new StepReport(_epochs * _stepsPerEpoch, _job.Options.Epochs * _stepsPerEpoch, loss, value));
            stopped = _best is not null && _epochs - _bestEpoch >= _job.Options.Patience && _bestEpoch > 0;
            if (whole && !stopped)
                Store();
        }

        if (_job.Checkpoint is { } path)
            File.Delete(path);
        return new JobResult(_epochs, _bestEpoch > 0 ? _bestEpoch : _epochs, stopped && _epochs < _job.Options.Epochs, _micro, _resumed, [.. _curve]);
    }

    /// <summary>The scores of training rows, as the exported network gives them.</summary>
    public float[] Score(int rows) => Scores(Served, _replicas.First.Rows, rows);

    /// <inheritdoc/>
    public void Dispose()
    {
        _validation?.Dispose();
        _optimizer.Dispose();
        _replicas.Dispose();
        _average?.Dispose();
        _best?.Dispose();
    }

    private bool IsOver => _job.Seconds is { } seconds && Elapsed.TotalSeconds + LastValidation >= seconds;

    /// <summary>Seconds that the last validation will take: a third of as many rows' training, for nothing goes back through the network.</summary>
    private double LastValidation => _validation is null || _steps == 0
        ? 0
        : Elapsed.TotalSeconds / _steps * _validation.Rows / Math.Min(_job.Options.Batch, _job.Rows) / 3;

    /// <summary>How far the training is: by steps, or by time where that is shorter.</summary>
    private double Progress(int step)
    {
        var steps = (double)step / ((double)_job.Options.Epochs * _stepsPerEpoch);
        return _job.Seconds is { } seconds ? Math.Max(steps, Elapsed.TotalSeconds / seconds) : steps;
    }

    private double RateAt(int step) => _job.Options.Rate * LearningRates.At(_job.Options.Schedule, Progress(step));

    private Network? Twin(bool wanted)
    {
        if (!wanted)
            return null;
        var twin = Network.Of(_job.Network, 0, _device, trained: false);
        twin.CopyFrom(_network);
        return twin;
    }

    private Random Seed(int epoch)
    {
        var random = new Random(HashOf(_job.Seed, epoch));
        TorchException.Check(TorchApi.Seed((ulong)random.NextInt64()));
        return random;
    }

    // Not HashCode: its seed is another one in each process.
    private static int HashOf(int seed, int epoch) => unchecked((seed * 0x2545F491 + epoch) * (int)0x9E3779B1 ^ (seed >> 15));

    private void Resume()
    {
        if (_job.Checkpoint is not { } path)
            return;
        // One written for another network is no more than absent.
        if (Checkpoint.Load(path, _stored, _optimizer) is not { } state)
            return;
        _replicas.Spread();
        (_epochs, _resumed, _bestEpoch, _before) = (state.Epochs, state.Epochs, state.BestEpoch, TimeSpan.FromSeconds(state.Seconds));
        _bestLoss = state.BestLoss ?? double.PositiveInfinity;
        _curve.AddRange(state.Curve);
        if (_job.Seconds is not null)
            // The time is what this run has left.
            _before = TimeSpan.Zero;
    }

    private void Store()
    {
        if (_job.Checkpoint is not { } path || (Elapsed - _storedAt).TotalSeconds < _job.CheckpointSeconds || (_job.CheckpointSeconds > 0 && _storing > CheckpointShare * Elapsed))
            return;
        var started = _watch.Elapsed;
        Checkpoint.Save(path, _stored, _optimizer, new TrainingState(_epochs, Elapsed.TotalSeconds, _bestEpoch, double.IsFinite(_bestLoss) ? _bestLoss : null, [.. _curve]));
        _storing += _watch.Elapsed - started;
        _storedAt = Elapsed;
    }

    /// <summary>One pass over the rows; the mean loss, and whether it came to its end.</summary>
    private double Epoch(out bool whole)
    {
        var random = Seed(_epochs + 1);
        var order = new int[_job.Rows];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        random.Shuffle(order);
        double sum = 0;
        var steps = 0;
        var batch = Math.Min(_job.Options.Batch, _job.Rows);
        _replicas.First.Rows.Arrange(order, batch, random);
        for (var start = 0; start < order.Length; start += batch)
        {
            var rows = order.AsSpan(start, Math.Min(batch, order.Length - start));
            // Batch normalisation has nothing to learn from a single image.
            if (rows.Length == 1 && order.Length > 1)
                break;
            var step = _epochs * _stepsPerEpoch + steps;
            _optimizer.SetRate(RateAt(step));
            var loss = Step(rows, random);
            _optimizer.Step();
            _replicas.Spread();
            if (_average is not null)
                Optimizer.Average(_average, _network, Math.Min(_job.Options.Average, (1.0 + step) / (10 + step)));
            sum += loss;
            steps++;
            _steps++;
            _report(new StepReport(step + 1, _job.Options.Epochs * _stepsPerEpoch, loss, null));
            if (!double.IsFinite(loss))
                throw new LearningException("The network's loss became infinite; a lower learning_rate mends it.");
            if (IsOver)
            {
                whole = start + batch >= order.Length;
                return sum / steps;
            }
        }

        whole = true;
        return sum / Math.Max(1, steps);
    }

    /// <summary>The gradients of a batch, in as many parts as devices and memory ask for; its mean loss.</summary>
    private double Step(ReadOnlySpan<int> rows, Random random)
    {
        while (true)
            try
            {
                _replicas.ZeroGradients();
                var starts = _replicas.Parts(rows.Length, _micro);
                var losses = new Tensor[starts.Length - 1];
                for (var part = 0; part < losses.Length; part++)
                    losses[part] = Gradients(_replicas[part], rows[starts[part]..starts[part + 1]], rows.Length, random);
                _replicas.GatherGradients();
                // Read when all parts are queued: each waits for its device.
                double loss = 0;
                foreach (var part in losses)
                    using (part)
                        loss += part.Item();
                if (_job.Options.Clip > 0)
                    Optimizer.ClipGradients(_network, _job.Options.Clip);
                return loss;
            }
            catch (TorchException e) when (e.IsOutOfMemory && _micro > 1)
            {
                // The gradients of smaller parts add up to the same; only the batches' own statistics differ a little.
                _micro = (_micro + 1) / 2;
            }
    }

    private Tensor Gradients(Replica replica, ReadOnlySpan<int> rows, int batch, Random random)
    {
        using var scope = new TensorScope();
        var targets = Targets(rows);
        var raw = replica.Rows.Train(replica.Network, rows, targets, random);
        var loss = Loss(raw, rows, targets, replica.Device).Affine(1.0 / batch);
        loss.Backward();
        return loss.Keep();
    }

    /// <summary>Cross-entropy with soft labels, or half the squared error, each times its row's weight.</summary>
    private Tensor Loss(Tensor raw, ReadOnlySpan<int> rows, float[] targets, int device)
    {
        var weights = new float[rows.Length];
        for (var i = 0; i < weights.Length; i++)
            weights[i] = _data.Weights[rows[i]];
        var weight = Tensor.Of(weights, device, rows.Length, 1);
        var target = Tensor.Of(targets, device, rows.Length, _outputs);
        if (_job.Task != TaskKind.Regression)
            return raw.LogSoftmax(1).Mul(target).Mul(weight).Sum().Affine(-1);
        var error = raw.Sub(target);
        return error.Mul(error).Mul(weight).Sum().Affine(0.5);
    }

    private float[] Targets(ReadOnlySpan<int> rows)
    {
        var targets = new float[rows.Length * _outputs];
        var spread = (float)(_job.Options.Smoothing / _outputs);
        for (var i = 0; i < rows.Length; i++)
        {
            var label = _data.Labels[rows[i]];
            if (_job.Task == TaskKind.Regression)
            {
                targets[i] = label;
                continue;
            }

            targets.AsSpan(i * _outputs, _outputs).Fill(spread);
            targets[i * _outputs + (int)label] += (float)(1 - _job.Options.Smoothing);
        }

        return targets;
    }

    private double? Validate()
    {
        if (_validation is null)
            return null;
        var scores = Scores(Validated, _validation, _validation.Rows);
        var value = _metric.Compute(scores, _job.Task == TaskKind.Multiclass ? _outputs : 1, _data.ValidationLabels, _data.ValidationWeights);
        var loss = _metric.HigherIsBetter ? -value : value;
        if (loss < _bestLoss)
        {
            (_bestLoss, _bestEpoch) = (loss, _epochs);
            _best!.CopyFrom(Validated);
        }

        return double.IsFinite(value) ? value : null;
    }

    private float[] Scores(Network network, IExamples examples, int rows)
    {
        var width = _job.Task == TaskKind.Multiclass ? _outputs : 1;
        var scores = new float[rows * width];
        TorchApi.SetGrad(0);
        try
        {
            var chunk = Math.Max(1, Math.Min(256, 4 * _micro));
            var order = new int[rows];
            for (var i = 0; i < rows; i++)
                order[i] = i;
            examples.Arrange(order, chunk, null);
            var linked = new float[chunk * width];
            for (var start = 0; start < rows; start += chunk)
            {
                using var scope = new TensorScope();
                var some = order.AsSpan(start, Math.Min(chunk, rows - start));
                Link(examples.Score(network, some), linked.AsSpan(0, some.Length * width));
                for (var i = 0; i < some.Length; i++)
                    linked.AsSpan(i * width, width).CopyTo(scores.AsSpan(some[i] * width));
            }
        }
        finally
        {
            TorchApi.SetGrad(1);
        }

        return scores;
    }

    private void Link(Tensor raw, Span<float> to)
    {
        if (_job.Target is { } target)
        {
            raw.Affine(target.Deviation, target.Mean).Clamp(target.Lowest, target.Highest).Read(to);
            return;
        }

        var probabilities = raw.Softmax(1).ToArray();
        if (_job.Task == TaskKind.Multiclass)
            probabilities.CopyTo(to);
        else
            for (var i = 0; i < to.Length; i++)
                to[i] = probabilities[2 * i + 1];
    }
}
