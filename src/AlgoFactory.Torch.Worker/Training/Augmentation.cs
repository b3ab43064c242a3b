using AlgoFactory.Torch.Protocol;
using AlgoFactory.Torch.Worker.Tensors;

namespace AlgoFactory.Torch.Worker.Training;

/// <summary>
/// Changes training images at random. All that moves pixels (flip, rotation, shift, scale, crop, shear) is one matrix an image,
/// and one pass over the pixels; all that changes their values is one factor an image. RandAugment (Cubuk et al., 2020) draws
/// operations of both kinds; those of geometry are carried out before those of colour, whatever the order of the draw.
/// </summary>
public sealed class Augmentation(AugmentationOptions options)
{
    private const int Operations = 11;

    /// <summary>Largest effects of RandAugment's operations at magnitude 1: degrees, shears and shifts in sides, factors, bits.</summary>
    private const double MaxTurn = 30;
    private const double MaxShear = 0.3;
    private const double MaxShift = 0.3;
    private const double MaxFactor = 0.9;
    private const double MaxBits = 4;

    /// <summary>The luma of red, green and blue (ITU-R BT.601): saturation mixes with it.</summary>
    private static readonly float[] Luma = [0.299f, 0.587f, 0.114f];

    /// <summary>Changes images: rows × channels × height × width, 0 to 1.</summary>
    public Tensor Apply(Tensor images, Random random, int device)
    {
        var (rows, channels) = ((int)images.Size(0), (int)images.Size(1));
        var draw = new Draw(rows);
        for (var row = 0; row < rows; row++)
            DrawOne(draw, row, random, (double)images.Size(3) / images.Size(2));
        if (draw.Moves)
            images = images.Warp(Tensor.Of(draw.Matrices, device, rows, 2, 3), border: false);
        return Colours(images, draw, channels, device);
    }

    private void DrawOne(Draw draw, int row, Random random, double aspect)
    {
        var matrix = Matrix.Identity;
        if (options.FlipHorizontal && random.Next(2) == 0)
            matrix = matrix.Then(new Matrix(-1, 0, 0, 0, 1, 0));
        if (options.FlipVertical && random.Next(2) == 0)
            matrix = matrix.Then(new Matrix(1, 0, 0, 0, -1, 0));
        if (options.Rotation > 0)
            matrix = matrix.Then(Matrix.Rotation(Either(random, options.Rotation), aspect));
        if (options.Scale > 0)
        {
            var scale = Math.Exp(Either(random, Math.Log(1 + options.Scale)));
            matrix = matrix.Then(new Matrix(scale, 0, 0, 0, scale, 0));
        }

        if (options.Translation > 0)
            matrix = matrix.Then(new Matrix(1, 0, 2 * Either(random, options.Translation), 0, 1, 2 * Either(random, options.Translation)));
        if (options.Crop < 1)
            matrix = matrix.Then(Crop(random));
        if (options.Colour > 0)
            (draw.Brightness[row], draw.Contrast[row], draw.Saturation[row]) =
                ((float)(1 + Either(random, options.Colour)), (float)(1 + Either(random, options.Colour)), (float)(1 + Either(random, options.Colour)));
        for (var i = 0; i < options.RandAugment; i++)
            matrix = Operation(draw, row, random, matrix, aspect);
        draw.Set(row, matrix);
    }

    /// <summary>A part of the image of 3/4 to 4/3 of its proportions, as large as the whole (Szegedy et al., 2015).</summary>
    private Matrix Crop(Random random)
    {
        var area = options.Crop + (1 - options.Crop) * random.NextDouble();
        var ratio = Math.Exp(Either(random, Math.Log(4.0 / 3)) / 2);
        var (width, height) = (Math.Min(1, Math.Sqrt(area) * ratio), Math.Min(1, Math.Sqrt(area) / ratio));
        return new Matrix(width, 0, Either(random, 1 - width), 0, height, Either(random, 1 - height));
    }

    private Matrix Operation(Draw draw, int row, Random random, Matrix matrix, double aspect)
    {
        var magnitude = options.Magnitude;
        var signed = random.Next(2) == 0 ? magnitude : -magnitude;
        switch (random.Next(Operations))
        {
            case 0: return matrix.Then(Matrix.Rotation(signed * MaxTurn, aspect));
            case 1: return matrix.Then(new Matrix(1, signed * MaxShear, 0, 0, 1, 0));
            case 2: return matrix.Then(new Matrix(1, 0, 0, signed * MaxShear, 1, 0));
            case 3: return matrix.Then(new Matrix(1, 0, 2 * signed * MaxShift, 0, 1, 0));
            case 4: return matrix.Then(new Matrix(1, 0, 0, 0, 1, 2 * signed * MaxShift));
            case 5: draw.Brightness[row] *= (float)(1 + signed * MaxFactor); break;
            case 6: draw.Contrast[row] *= (float)(1 + signed * MaxFactor); break;
            case 7: draw.Saturation[row] *= (float)(1 + signed * MaxFactor); break;
            case 8: draw.Solarize[row] = (float)(1 - magnitude); break;
            case 9: draw.Levels[row] = (float)(Math.Pow(2, 8 - MaxBits * magnitude) - 1); break;
            // As it is: one of the operations.
            default: break;
        }

        return matrix;
    }

    private static Tensor Colours(Tensor x, Draw draw, int channels, int device)
    {
        Tensor PerImage(float[] values) => Tensor.Of(values, device, values.Length, 1, 1, 1);
        var changed = false;
        if (Differs(draw.Brightness, 1))
            (x, changed) = (x.Mul(PerImage(draw.Brightness)), true);
        if (Differs(draw.Contrast, 1))
            // Away from, or towards, the image's own mean.
            (x, changed) = (x.Mean([1, 2, 3], keep: true).Lerp(x, PerImage(draw.Contrast)), true);
        if (channels == Luma.Length && Differs(draw.Saturation, 1))
        {
            var grey = x.Mul(Tensor.Of(Luma, device, 1, channels, 1, 1)).Mean([1], keep: true).Affine(channels);
            (x, changed) = (grey.Lerp(x, PerImage(draw.Saturation)), true);
        }

        if (changed)
            x = x.Clamp(0, 1);
        if (Differs(draw.Solarize, 2))
        {
            // Pixels below the threshold stay, the others are turned to their negative.
            var below = x.Less(PerImage(draw.Solarize));
            x = x.Affine(-1, 1).Lerp(x, below);
        }

        if (Differs(draw.Levels, 255))
        {
            var levels = PerImage(draw.Levels);
            x = x.Mul(levels).Affine(1, 0.5).Floor().Mul(PerImage(Array.ConvertAll(draw.Levels, l => 1 / l)));
        }

        return x;
    }

    private static bool Differs(float[] values, float from) => values.AsSpan().ContainsAnyExcept(from);

    /// <summary>Uniform in ± most.</summary>
    private static double Either(Random random, double most) => most * (2 * random.NextDouble() - 1);

    /// <summary>What each image of a batch has drawn.</summary>
    private sealed class Draw
    {
        public Draw(int rows)
        {
            (Matrices, Brightness, Contrast, Saturation, Solarize, Levels) =
                (new float[6 * rows], Filled(rows, 1), Filled(rows, 1), Filled(rows, 1), Filled(rows, 2), Filled(rows, 255));
        }

        public float[] Matrices { get; }

        public float[] Brightness { get; }

        public float[] Contrast { get; }

        public float[] Saturation { get; }

        public float[] Solarize { get; }

        public float[] Levels { get; }

        public bool Moves { get; private set; }

        public void Set(int row, Matrix matrix)
        {
            Moves |= matrix != Matrix.Identity;
            ((float[])[(float)matrix.A, (float)matrix.B, (float)matrix.C, (float)matrix.D, (float)matrix.E, (float)matrix.F]).CopyTo(Matrices, 6 * row);
        }

        private static float[] Filled(int rows, float value)
        {
            var values = new float[rows];
            values.AsSpan().Fill(value);
            return values;
        }
    }

    /// <summary>An affine map of the plane, from places of the result to places of the image, -1 to 1 on both sides.</summary>
    private readonly record struct Matrix(double A, double B, double C, double D, double E, double F)
    {
        public static Matrix Identity { get; } = new(1, 0, 0, 0, 1, 0);

        public static Matrix Rotation(double degrees, double aspect)
        {
            var (sine, cosine) = Math.SinCos(degrees * Math.PI / 180);
            return new Matrix(cosine, -sine / aspect, 0, sine * aspect, cosine, 0);
        }

        /// <summary>This map after <paramref name="first"/>.</summary>
        public Matrix Then(Matrix first) => new(
            A * first.A + B * first.D, A * first.B + B * first.E, A * first.C + B * first.F + C,
            D * first.A + E * first.D, D * first.B + E * first.E, D * first.C + E * first.F + F);
    }
}
