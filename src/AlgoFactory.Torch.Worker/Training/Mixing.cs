using AlgoFactory.Torch.Worker.Tensors;

namespace AlgoFactory.Torch.Worker.Training;

/// <summary>Mixup (Zhang et al., 2018) and CutMix (Yun et al., 2019): an image and its label become partly those of another of the batch.</summary>
public static class Mixing
{
    /// <summary>Mixes a batch; where both are wanted, each batch has one of them.</summary>
    /// <param name="images">rows × channels × height × width; not changed.</param>
    /// <param name="targets">rows × outputs; changed.</param>
    /// <param name="mixup">Mixup's α, or 0.</param>
    /// <param name="cutmix">CutMix's α, or 0.</param>
    /// <param name="random">What is drawn from.</param>
    /// <param name="device">The images' device.</param>
    public static Tensor Apply(Tensor images, float[] targets, double mixup, double cutmix, Random random, int device)
    {
        if (mixup <= 0 && cutmix <= 0)
            return images;
        var rows = (int)images.Size(0);
        var order = new int[rows];
        for (var i = 0; i < rows; i++)
            order[i] = i;
        random.Shuffle(order);
        var others = images.Rows(Tensor.Of(Array.ConvertAll(order, i => (long)i), device));
        var share = 1.0;
        if (cutmix <= 0 || (mixup > 0 && random.Next(2) == 0))
        {
            share = Beta(mixup, random);
            images = images.Affine(share).Add(others.Affine(1 - share));
        }
        else
        {
            var (height, width) = ((int)images.Size(2), (int)images.Size(3));
            var side = Math.Sqrt(1 - Beta(cutmix, random));
            var (cutHeight, cutWidth) = ((int)Math.Round(side * height), (int)Math.Round(side * width));
            if (cutHeight > 0 && cutWidth > 0)
            {
                images = images.Affine(1);
                images.CopyWithin(random.Next(height - cutHeight + 1), random.Next(width - cutWidth + 1), cutHeight, cutWidth, others);
                share = 1 - (double)cutHeight * cutWidth / ((double)height * width);
            }
        }

        MixTargets(targets, order, (float)share);
        return images;
    }

    /// <summary>Each row's target becomes its share of its own and the rest of another's.</summary>
    public static void MixTargets(float[] targets, ReadOnlySpan<int> order, float share)
    {
        var width = targets.Length / order.Length;
        var own = targets.ToArray();
        for (var row = 0; row < order.Length; row++)
            for (var k = 0; k < width; k++)
                targets[row * width + k] = share * own[row * width + k] + (1 - share) * own[order[row] * width + k];
    }

    /// <summary>A draw of Beta(α, α) with α up to 1, by Jöhnk's method (1964).</summary>
    private static double Beta(double alpha, Random random)
    {
        while (true)
        {
            var (x, y) = (Math.Pow(random.NextDouble(), 1 / alpha), Math.Pow(random.NextDouble(), 1 / alpha));
            if (x + y is > 0 and <= 1)
                return x / (x + y);
        }
    }
}
