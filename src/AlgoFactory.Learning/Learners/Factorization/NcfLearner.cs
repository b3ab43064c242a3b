using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Recommending;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Learners.Factorization;

/// <summary>
/// Neural collaborative filtering: <see cref="NcfNetwork"/> on the pairs that were met and, for each, some sampled ones
/// that were not. It stands beside matrix factorization on the leaderboard, which a well-tuned product of factors often
/// wins (Rendle, Krichene, Zhang and Anderson, "Neural collaborative filtering vs. matrix factorization revisited",
/// RecSys 2020). O(pairs × negatives × (factors × hidden + hidden²)) a pass.
/// </summary>
internal sealed class NcfLearner : ILearner
{
    /// <summary>Examples whose gradients are taken at the same weights.</summary>
    private const int Batch = 256;

    /// <summary>Examples that one thread takes: the perceptron's gradient is summed in their order, whatever the number of threads.</summary>
    private const int Chunk = 32;

    private static readonly ParameterSpec Factors = ParameterSpec.Integer(
        "factors", 8, 64, 16, "Factors of each embedding, rounded up to a multiple of 8.", log: true);

    private static readonly ParameterSpec Hidden = ParameterSpec.Integer(
        "hidden", 16, 128, 32, "Units of the perceptron's first layer, rounded up to a multiple of 16; the second has half as many.", log: true);

    private static readonly ParameterSpec Epochs = ParameterSpec.Integer("epochs", 1, 100, 15, "Passes over the interactions.", log: true);

    private static readonly ParameterSpec Negatives = ParameterSpec.Integer("negatives", 1, 16, 4, "Pairs that were not met for each that was.", log: true);

    private static readonly ParameterSpec Step = ParameterSpec.Real("learning_rate", 1e-3, 0.5, 0.05, "The step of AdaGrad.", log: true);

    private static readonly ParameterSpec L2 = ParameterSpec.Real("regularization", 1e-6, 0.1, 0.003, "L2 penalty of an embedding in each of its steps.", log: true);

    /// <inheritdoc/>
    public LearnerInfo Info { get; } = new(
        "ncf", "Neural collaborative filtering", TaskKinds.Ranking, FeatureNeeds.Interactions, Reproducibility.AnyThreads, UsesValidation: false);

    /// <inheritdoc/>
    public SearchSpace Space(DatasetProfile profile, TaskSpec task) => new([Factors, Hidden, Epochs, Negatives, Step, L2], []);

    /// <inheritdoc/>
    public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        var seen = Interactions.Of(data, rated: false);
        var factors = DotKernels.Padded(parameters.Integer(Factors));
        var hidden = (parameters.Integer(Hidden) + 15) / 16 * 16;
        var network = new NcfNetwork(seen.UserCount, seen.ItemCount, factors, hidden, SplitMix.Hash((ulong)context.Seed, 5));
        var work = new Work(network);
        var (owners, order) = (new int[seen.Count], new int[seen.Count]);
        for (var user = 0; user < seen.UserCount; user++)
            Array.Fill(owners, user, seen.Start(user), seen.Items(user).Length);
        for (var at = 0; at < order.Length; at++)
            order[at] = at;
        var (negatives, epochs) = (parameters.Integer(Negatives), parameters.Integer(Epochs));
        for (var epoch = 0; epoch < epochs && (epoch == 0 || !context.IsOverdue); epoch++)
        {
            var random = new SplitMix(SplitMix.Hash((ulong)context.Seed, (ulong)epoch, 6));
            MfSgd.Shuffle(order, SplitMix.Hash((ulong)context.Seed, (ulong)epoch, 7));
            var step = (float)parameters.Number(Step) * (1 - 0.9f * epoch / epochs);
            foreach (var at in order)
            {
                var user = owners[at];
                var met = seen.Items(user);
                work.Add(user, met[at - seen.Start(user)], 1);
                for (var n = 0; n < negatives; n++)
                    if (MfBpr.Unmet(met, seen.ItemCount, ref random) is >= 0 and var item)
                        work.Add(user, item, 0);
                if (work.Count + negatives + 1 > Batch)
                    work.Step(step, (float)parameters.Number(L2), context);
            }

            work.Step(step, (float)parameters.Number(L2), context);
            context.Progress?.Report(new FitProgress(epoch + 1, epochs, null));
        }

        return new FitOutcome(SideModel.Wrap(NcfModel.Of(network, seen), data), parameters);
    }

    /// <summary>A batch: its examples, their gradients, and the steps down them in their order.</summary>
    private sealed class Work
    {
        private readonly NcfNetwork _network;
        private readonly int[] _users = new int[Batch];
        private readonly int[] _items = new int[Batch];
        private readonly float[] _labels = new float[Batch];
        private readonly float[] _slopes = new float[Batch];
        private readonly float[] _rows;
        private readonly float[][] _dense;
        private readonly float[][] _scratch;

        public Work(NcfNetwork network)
        {
            _network = network;
            _rows = new float[Batch * 2 * network.RowWidth];
            _dense = [.. Enumerable.Range(0, Batch / Chunk).Select(_ => new float[network.DenseCount])];
            _scratch = [.. Enumerable.Range(0, Batch / Chunk).Select(_ => new float[network.ScratchCount])];
        }

        public int Count { get; private set; }

        public void Add(int user, int item, float label)
        {
            (_users[Count], _items[Count], _labels[Count]) = (user, item, label);
            Count++;
        }

        public void Step(float step, float decay, FitContext context)
        {
            var (width, chunks) = (2 * _network.RowWidth, (Count + Chunk - 1) / Chunk);
            Parallel.For(0, chunks, context.ParallelOptions, chunk =>
            {
                Array.Clear(_dense[chunk]);
                for (var e = chunk * Chunk; e < Math.Min(Count, (chunk + 1) * Chunk); e++)
                    _slopes[e] = _network.Gradient(
                        _users[e], _items[e], _labels[e], _rows.AsSpan(e * width, width), _dense[chunk], _scratch[chunk], out _);
            });
            for (var e = 0; e < Count; e++)
                _network.StepRows(_users[e], _items[e], _rows.AsSpan(e * width, width), _slopes[e], step, decay);
            for (var chunk = 1; chunk < chunks; chunk++)
                DotKernels.AddScaled(1, _dense[chunk], _dense[0]);
            if (chunks > 0)
                _network.StepDense(_dense[0], step);
            Count = 0;
        }
    }
}
