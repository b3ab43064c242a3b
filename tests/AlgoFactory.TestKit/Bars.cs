using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.TestKit;

/// <summary>Small noisy images that a network learns within seconds: bright bars that lie, stand, or cross.</summary>
public static class Bars
{
    /// <summary>The side of an image.</summary>
    public const int Side = 12;

    /// <summary>Images with a class each, or, for a regression, with the bar's place from the top.</summary>
    public static TrainingSet Of(TaskKind kind, int rows, int seed, int channels = 1)
    {
        var random = new Random(seed);
        var classes = kind == TaskKind.Binary ? 2 : 3;
        var (images, labels) = (new byte[]?[rows], new float[rows]);
        for (var row = 0; row < rows; row++)
        {
            var (shape, at) = (kind == TaskKind.Regression ? 0 : row % classes, random.Next(2, Side - 2));
            var image = new byte[Side * Side * channels];
            for (var y = 0; y < Side; y++)
                for (var x = 0; x < Side; x++)
                    for (var c = 0; c < channels; c++)
                        image[(y * Side + x) * channels + c] = (byte)(random.Next(60) + ((shape != 1 && y == at) || (shape != 0 && x == at) ? 150 + 30 * c : 0));
            (images[row], labels[row]) = (image, kind == TaskKind.Regression ? at : shape);
        }

        return new TrainingSet
        {
            Task = new TaskSpec(kind, "label", kind switch { TaskKind.Regression => [], TaskKind.Binary => ["lying", "standing"], _ => ["lying", "standing", "crossed"] }),
            FeatureInfos = [],
            Features = new FeatureBatch(rows, 0, default, images: new ImageBlock(new ImageSize(Side, Side, channels), images)),
            Labels = labels,
        };
    }
}
