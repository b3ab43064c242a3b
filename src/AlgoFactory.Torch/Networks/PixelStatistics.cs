using System.Collections.Immutable;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Torch.Networks;

/// <summary>What a network must know of its training images' pixels.</summary>
internal static class PixelStatistics
{
    private const int Colours = 3;

    /// <summary>A channel that hardly varies is not blown up.</summary>
    private const double LeastDeviation = 0.02;

    /// <summary>Whether no pixel has a colour.</summary>
    public static bool IsGrey(ImageBlock images, int[] rows)
    {
        if (images.Size.Channels != Colours)
            return false;
        foreach (var row in rows)
        {
            if (images.Rows[row] is not { } pixels)
                continue;
            for (var i = 0; i < pixels.Length; i += Colours)
                if (pixels[i] != pixels[i + 1] || pixels[i] != pixels[i + 2])
                    return false;
        }

        return true;
    }

    /// <summary>The mean and deviation of each channel, in shares of white.</summary>
    public static (ImmutableArray<float> Mean, ImmutableArray<float> Deviation) Of(ImageBlock images, int[] rows, bool grey)
    {
        var channels = images.Size.Channels;
        var (sums, squares, count) = (new double[channels], new double[channels], 0L);
        foreach (var row in rows)
        {
            if (images.Rows[row] is not { } pixels)
                continue;
            count += pixels.Length / channels;
            for (var i = 0; i < pixels.Length; i += channels)
                for (var c = 0; c < channels; c++)
                {
                    sums[c] += pixels[i + c];
                    squares[c] += (double)pixels[i + c] * pixels[i + c];
                }
        }

        var (mean, deviation) = (ImmutableArray.CreateBuilder<float>(), ImmutableArray.CreateBuilder<float>());
        for (var c = 0; c < (grey ? 1 : channels); c++)
        {
            var average = sums[c] / Math.Max(1, count);
            mean.Add((float)(average / 255));
            deviation.Add((float)Math.Max(LeastDeviation, Math.Sqrt(Math.Max(0, squares[c] / Math.Max(1, count) - average * average)) / 255));
        }

        return (mean.ToImmutable(), deviation.ToImmutable());
    }
}
