using System.Text.Json.Serialization;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>How a dense column enters a network. The names are part of the file format.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<InputForm>))]
internal enum InputForm
{
    /// <summary>
    /// One input for each quantile bin: 1 below the number's own bin, 0 above, and in it the share that is passed
    /// (Gorishniy et al., On embeddings for numerical features in tabular deep learning, 2022).
    /// </summary>
    Piecewise,

    /// <summary>One input: the normal score of the number's quantile.</summary>
    Quantile,

    /// <summary>One input: the number with mean 0 and deviation 1, bent first where its skew is extreme.</summary>
    Standard,

    /// <summary>A learned vector for each code, and one for missing and unknown (Guo and Berkhahn, Entity embeddings of categorical variables, 2016).</summary>
    Embedding,
}

/// <summary>One dense column. A number is first encoded as one value, which is kept; a batch then spreads it over the inputs.</summary>
/// <param name="Form">How.</param>
/// <param name="Knots">Piecewise and quantile: the numbers, ascending, between which the code runs in straight lines.</param>
/// <param name="Heights">The code at each knot.</param>
/// <param name="Scaler">Standard only.</param>
/// <param name="Middle">The code of a missing number.</param>
/// <param name="MarksMissing">Whether a missing number has an input of its own, as training rows lacked some.</param>
/// <param name="Levels">Embedding only: codes; the vector behind the last is that of missing and unknown.</param>
/// <param name="Dimension">Embedding only: length of a vector.</param>
internal sealed record InputColumn(
    InputForm Form, float[] Knots, float[] Heights, ColumnScaler Scaler, float Middle, bool MarksMissing, int Levels, int Dimension)
{
    /// <summary>Inputs of a number, without that of a missing one.</summary>
    public int Spread => Form switch { InputForm.Piecewise => Math.Max(0, Knots.Length - 1), InputForm.Embedding => 0, _ => 1 };

    /// <summary>All inputs of a number.</summary>
    public int Width => Spread + (MarksMissing ? 1 : 0);

    /// <summary>The code of a number or category; NaN for a missing number, the code behind the last for an unknown category.</summary>
    public float Encode(float value)
    {
        if (Form == InputForm.Embedding)
            return value >= 0 && value < Levels ? MathF.Floor(value) : Levels;
        if (float.IsNaN(value))
            return float.NaN;
        if (Form == InputForm.Standard)
            return Scaler.Apply(value);
        if (Knots.Length < 2 || value <= Knots[0])
            return Heights.Length > 0 ? Heights[0] : 0;
        if (value >= Knots[^1])
            return Heights[^1];
        var (low, high) = (0, Knots.Length - 1);
        while (high - low > 1)
        {
            var middle = (low + high) >>> 1;
            if (Knots[middle] <= value)
                low = middle;
            else
                high = middle;
        }

        // In double: the width of a bin may be more than float can hold.
        var share = ((double)value - Knots[low]) / ((double)Knots[high] - Knots[low]);
        return (float)(Heights[low] + share * (Heights[high] - Heights[low]));
    }

    /// <summary>Writes a number's inputs; <paramref name="to"/> has <see cref="Width"/> values, all 0.</summary>
    public void Expand(float code, Span<float> to)
    {
        if (float.IsNaN(code))
        {
            if (MarksMissing)
                to[^1] = 1;
            code = Middle;
        }

        if (Form != InputForm.Piecewise)
        {
            to[0] = code;
            return;
        }

        var whole = Math.Clamp((int)code, 0, Spread);
        to[..whole].Fill(1);
        if (whole < Spread)
            to[whole] = code - whole;
    }
}
