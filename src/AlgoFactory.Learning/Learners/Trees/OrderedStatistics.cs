using System.Collections.Immutable;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>How statistics of categories are made; the names are CatBoost's.</summary>
internal sealed record StatisticOptions
{
    /// <summary>Whether columns keep their codes beside their statistics.</summary>
    public bool KeepCodes { get; init; } = true;

    /// <summary>Up to this many categories, codes alone say enough.</summary>
    public int OneHotMaxSize { get; init; } = 32;

    /// <summary>Columns in a combination; 1: no combinations.</summary>
    public int MaxComplexity { get; init; } = 2;

    /// <summary>The weight of the prior, in rows.</summary>
    public double PriorWeight { get; init; } = 10;

    /// <summary>Random orders of the rows: tables take turns, so that they do not all know little of the same rows.</summary>
    public int Permutations { get; init; } = 4;

    /// <summary>Borders that the means of a column are rounded between.</summary>
    public int Borders { get; init; } = 15;

    /// <summary>Keys of all tables of a model together: what bounds its size, at about 30 bytes a key and 4 more a target.</summary>
    public int MaxKeys { get; init; } = 2_000_000;
}

/// <summary>
/// Ordered target statistics (Prokhorenkova et al., CatBoost: unbiased boosting with categorical features, 2018, section 3.2):
/// a training row's statistic comes from the rows before it in a random order, so that no row's own label is in it. One
/// order a table: a mean over many comes near the leave-one-out mean, from which a row's own label can be told. Rows of a validation part and rows to predict get the statistic of all training
/// rows. Means are pulled towards the prior (Micci-Barreca 2001): (sum + a × prior) / (weight + a).
/// </summary>
internal sealed class OrderedStatistics
{
    private readonly TrainingSet _data;
    private readonly StatisticOptions _options;
    private readonly StatisticTargets _targets;
    private readonly Workers _workers;
    private readonly int[][] _orders;

    private OrderedStatistics(TrainingSet data, StatisticOptions options, ulong seed, Workers workers)
    {
        _data = data;
        _options = options;
        _targets = StatisticTargets.Of(data);
        _workers = workers;
        _orders = new int[options.Permutations][];
        workers.For(_orders.Length, p => _orders[p] = Order(data.RowCount, SplitMix.Hash(seed, 0x637472, (ulong)p)));
    }

    /// <summary>The data with statistics as dense features behind its own, and what computes them for other rows; the data itself and null where there is nothing to make.</summary>
    public static (TrainingSet Data, CategoryStatistics? Statistics) Encode(TrainingSet data, StatisticOptions options, ulong seed, Workers workers)
    {
        var categories = Enumerable.Range(0, data.FeatureInfos.Length)
            .Where(f => data.FeatureInfos[f].Kind == FeatureKind.Categorical && data.FeatureInfos[f].Cardinality is var count
                && count > options.OneHotMaxSize && count <= CategoryStatistics.MaxCardinality)
            .ToArray();
        if (categories.Length == 0)
            return (data, null);
        var own = new OrderedStatistics(data, options, seed, workers);
        var chosen = new CombinationSearch(data, own._targets, own._orders[0], options, workers).Choose(categories, out var silent);
        var width = data.Features.DenseWidth + chosen.Length * (own._targets.Count + 1);
        if (chosen.Length + silent.Length == 0 || (long)data.RowCount * width > Array.MaxLength)
            return (data, null);
        return own.Encode(chosen, silent, width);
    }

    private (TrainingSet Data, CategoryStatistics? Statistics) Encode(ImmutableArray<CategoryKeys> chosen, int[] silent, int width)
    {
        var dense = new float[_data.RowCount * width];
        int[] replaced = _options.KeepCodes ? silent : [.. chosen.Where(k => k.Parts.Length == 1).Select(k => k.Parts[0].Feature)];
        for (var row = 0; row < _data.RowCount; row++)
        {
            var to = dense.AsSpan(row * width);
            _data.Features.Row(row).CopyTo(to);
            // A constant has no place among the bins.
            foreach (var feature in replaced)
                to[feature] = 0;
        }

        var tables = new StatisticTable[chosen.Length];
        var columns = _targets.Count + 1;
        _workers.For(chosen.Length, t =>
        {
            var to = dense.AsMemory(_data.Features.DenseWidth + t * columns);
            for (var k = 0; k < _targets.Count; k++)
                Means(chosen[t], k, _orders[t % _orders.Length], to.Span[k..], width);
            Weights(chosen[t], to.Span[_targets.Count..], width);
            tables[t] = Table(chosen[t]);
            for (var k = 0; k < _targets.Count; k++)
                Round(to.Span[k..], width, _data.RowCount, tables[t], k);
        });
        var statistics = chosen.Length == 0 ? null : new CategoryStatistics([.. tables]);
        var infos = ImmutableArray.CreateBuilder<FeatureInfo>();
        infos.AddRange(_data.FeatureInfos);
        foreach (var keys in chosen)
            infos.AddRange(Infos(keys));
        var encoded = _data with
        {
            Features = new FeatureBatch(_data.RowCount, width, dense, _data.Features.Sparse),
            FeatureInfos = infos.ToImmutable(),
            Validation = _data.Validation is { } validation && statistics is not null
                ? validation with { Features = Extend(validation.Features, statistics), FeatureInfos = infos.ToImmutable() }
                : _data.Validation,
        };
        return (encoded, statistics);
    }

    private IEnumerable<FeatureInfo> Infos(CategoryKeys keys)
    {
        var names = keys.Parts.Select(p => _data.FeatureInfos[p.Feature].Name).ToArray();
        var sources = string.Join(" × ", keys.Parts.Select(p => _data.FeatureInfos[p.Feature].Source).Distinct());
        foreach (var statistic in _targets.Names.Append("count"))
            yield return new FeatureInfo($"{string.Join(" × ", names)} {statistic}", sources, FeatureKind.Numeric);
    }

    /// <summary>Each row's mean over the rows before it.</summary>
    private void Means(CategoryKeys keys, int target, int[] order, Span<float> to, int stride)
    {
        var values = _targets.Values[target];
        var (prior, pull) = (_targets.Means[target], _options.PriorWeight);
        var sums = new double[keys.Keys.Length];
        var weights = new double[keys.Keys.Length];
        foreach (var row in order)
        {
            var id = keys.Ids[row];
            if (id < 0)
            {
                to[row * stride] = (float)prior;
                continue;
            }

            to[row * stride] = (float)((sums[id] + pull * prior) / (weights[id] + pull));
            var weight = _targets.Weight(row);
            sums[id] += (double)weight * values[row];
            weights[id] += weight;
        }
    }

    /// <summary>
    /// The weight of all rows with the same key: it says nothing of a label, so it needs no order.
    /// </summary>
    private void Weights(CategoryKeys keys, Span<float> to, int stride)
    {
        var totals = Totals(keys);
        for (var row = 0; row < keys.Ids.Length; row++)
            to[row * stride] = keys.Ids[row] < 0 ? 0 : (float)totals[keys.Ids[row]];
    }

    private double[] Totals(CategoryKeys keys)
    {
        var totals = new double[keys.Keys.Length];
        for (var row = 0; row < keys.Ids.Length; row++)
            if (keys.Ids[row] >= 0)
                totals[keys.Ids[row]] += _targets.Weight(row);
        return totals;
    }

    private void Round(Span<float> values, int stride, int rows, StatisticTable table, int target)
    {
        var sorted = new float[rows];
        for (var row = 0; row < rows; row++)
            sorted[row] = values[row * stride];
        Array.Sort(sorted);
        var (distinct, weights) = BinBounds.Distinct(sorted, []);
        var bounds = BinBounds.Find(distinct, weights, _options.Borders + 1);
        if (bounds.Length == 0)
            return;
        var mapper = BinMapper.Numeric(bounds);
        var sums = new double[bounds.Length + 1];
        var counts = new double[bounds.Length + 1];
        for (var i = 0; i < distinct.Length; i++)
        {
            sums[mapper.Bin(distinct[i])] += distinct[i] * weights[i];
            counts[mapper.Bin(distinct[i])] += weights[i];
        }

        for (var row = 0; row < rows; row++)
            values[row * stride] = Rounded(values[row * stride]);
        for (var i = target; i < table.Values.Length; i += table.Width)
            table.Values[i] = Rounded(table.Values[i]);
        table.Prior[target] = Rounded(table.Prior[target]);

        float Rounded(float value) => mapper.Bin(value) is var bin && counts[bin] > 0 ? (float)(sums[bin] / counts[bin]) : value;
    }

    /// <summary>The statistics of all rows, for rows that were not trained on.</summary>
    private StatisticTable Table(CategoryKeys keys)
    {
        var width = _targets.Count + 1;
        var totals = Totals(keys);
        var values = new float[keys.Keys.Length * width];
        var prior = new float[width];
        var sums = new double[totals.Length];
        for (var k = 0; k < _targets.Count; k++)
        {
            sums.AsSpan().Clear();
            for (var row = 0; row < keys.Ids.Length; row++)
                if (keys.Ids[row] >= 0)
                    sums[keys.Ids[row]] += (double)_targets.Weight(row) * _targets.Values[k][row];
            prior[k] = (float)_targets.Means[k];
            for (var i = 0; i < sums.Length; i++)
                values[i * width + k] = (float)((sums[i] + _options.PriorWeight * _targets.Means[k]) / (totals[i] + _options.PriorWeight));
        }

        for (var i = 0; i < totals.Length; i++)
            values[i * width + width - 1] = (float)totals[i];
        return new StatisticTable(keys.Parts, keys.Keys, values, prior);
    }

    private FeatureBatch Extend(FeatureBatch batch, CategoryStatistics statistics)
    {
        var width = batch.DenseWidth + statistics.Width;
        if ((long)batch.RowCount * width > Array.MaxLength)
            throw new LearningException($"{batch.RowCount} validation rows × {width} features are more than can be held at once; validate on a sample of the rows.");
        var dense = new float[batch.RowCount * width];
        int[] all = [.. Enumerable.Range(0, statistics.Width)];
        _workers.Ranges(batch.RowCount, 4096, (start, end) =>
        {
            for (var i = start; i < end; i++)
            {
                var to = dense.AsSpan(i * width, width);
                batch.Row(i).CopyTo(to);
                statistics.Compute(batch.Row(i), all, 0, to[batch.DenseWidth..]);
            }
        });
        return new FeatureBatch(batch.RowCount, width, dense, batch.Sparse);
    }

    /// <summary>A random order of the rows (Fisher and Yates).</summary>
    private static int[] Order(int rows, ulong seed)
    {
        var random = new SplitMix(seed);
        var order = new int[rows];
        for (var i = 0; i < rows; i++)
        {
            var j = random.Next(i + 1);
            order[i] = order[j];
            order[j] = i;
        }

        return order;
    }
}
