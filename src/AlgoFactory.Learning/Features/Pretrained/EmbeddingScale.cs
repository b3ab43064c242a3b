using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Features.Pretrained;

/// <summary>Standardises the numbers of an embedding, all together scaled so that they weigh like a dozen columns of deviation 1. A missing value's are 0.</summary>
internal sealed class EmbeddingScale
{
    private const double WeighsLike = 12;

    private readonly float[] _means;
    private readonly float[] _factors;

    private EmbeddingScale(float[] means, float[] factors) => (_means, _factors) = (means, factors);

    /// <summary>Leaves numbers as they are.</summary>
    public static EmbeddingScale None(int width)
    {
        var factors = new float[width];
        Array.Fill(factors, 1);
        return new EmbeddingScale(new float[width], factors);
    }

    /// <summary>Learns means and deviations of the rows that are present.</summary>
    public static EmbeddingScale Of(ReadOnlySpan<float> rows, int width, Func<int, bool> isPresent)
    {
        var (sums, squares) = (new double[width], new double[width]);
        var count = 0;
        for (var row = 0; row < rows.Length / width; row++)
        {
            if (!isPresent(row))
                continue;
            count++;
            var values = rows.Slice(row * width, width);
            for (var i = 0; i < width; i++)
            {
                sums[i] += values[i];
                squares[i] += (double)values[i] * values[i];
            }
        }

        var (means, factors) = (new float[width], new float[width]);
        var weight = Math.Sqrt(WeighsLike / width);
        for (var i = 0; i < width; i++)
        {
            var mean = sums[i] / Math.Max(count, 1);
            var deviation = Math.Sqrt(Math.Max(0, squares[i] / Math.Max(count, 1) - mean * mean));
            // What hardly varies says nothing, and would say much once it does.
            (means[i], factors[i]) = ((float)mean, deviation > 1e-6 ? (float)(weight / deviation) : 0);
        }

        return new EmbeddingScale(means, factors);
    }

    public static EmbeddingScale Read(ArtefactSection from, int width)
    {
        var scale = new EmbeddingScale(from.ReadArray<float>("means", width), from.ReadArray<float>("factors", width));
        FeaturizerGuard.Require(scale._means.All(float.IsFinite) && scale._factors.All(float.IsFinite), "the scale of an embedding is not finite");
        return scale;
    }

    /// <summary>Scales rows in place.</summary>
    public void Apply(Span<float> rows, Func<int, bool> isPresent)
    {
        var width = _means.Length;
        for (var row = 0; row < rows.Length / width; row++)
        {
            var values = rows.Slice(row * width, width);
            if (!isPresent(row))
                values.Clear();
            else
                for (var i = 0; i < width; i++)
                    values[i] = (values[i] - _means[i]) * _factors[i];
        }
    }

    public void Write(ArtefactSectionWriter to)
    {
        to.WriteArray<float>("means", _means);
        to.WriteArray<float>("factors", _factors);
    }
}
