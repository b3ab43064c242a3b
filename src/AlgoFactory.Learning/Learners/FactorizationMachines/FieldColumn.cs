using System.Text.Json.Serialization;

namespace AlgoFactory.Learning.Learners.FactorizationMachines;

/// <summary>How a dense column becomes slots. The names are part of the file format.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FieldColumnKind>))]
internal enum FieldColumnKind
{
    /// <summary>A slot for each code.</summary>
    Category,

    /// <summary>A slot for each quantile bin of a number.</summary>
    Bins,

    /// <summary>One slot whose value is the standardised number.</summary>
    Value,
}

/// <summary>One dense column: its slots are <c>Start .. Start + Levels - 1</c>, and <c>Start + Levels</c> for a missing value.</summary>
/// <param name="Kind">How its values become slots.</param>
/// <param name="Field">Its field.</param>
/// <param name="Start">The first slot.</param>
/// <param name="Levels">Codes, bins, or 1.</param>
/// <param name="Bounds">Bins only: the upper bound of each but the last, ascending.</param>
/// <param name="Mean">Value only: the training mean.</param>
/// <param name="Scale">Value only: 1 / standard deviation; 0 for a number that does not vary.</param>
internal sealed record FieldColumn(FieldColumnKind Kind, byte Field, int Start, int Levels, float[] Bounds, float Mean, float Scale)
{
    /// <summary>Standard deviations beyond which a number is held.</summary>
    public const float Limit = 4;

    /// <summary>The first slot after this column's.</summary>
    public int End => Start + Levels + 1;

    /// <summary>The slot and value of a column's number; value 0: nothing to add.</summary>
    public (int Slot, float Value) Encode(float number)
    {
        switch (Kind)
        {
            case FieldColumnKind.Category:
                return (Start + (number >= 0 && number < Levels ? (int)number : Levels), 1);
            case FieldColumnKind.Bins:
                return (Start + (float.IsNaN(number) ? Levels : BinOf(Bounds, number)), 1);
            default:
                return float.IsNaN(number) ? (Start + 1, 1) : (Start, Scale == 0 ? 0 : Math.Clamp((number - Mean) * Scale, -Limit, Limit));
        }
    }

    /// <summary>The number of bounds below a number: bin b holds what is above bound b - 1 and at most bound b.</summary>
    public static int BinOf(ReadOnlySpan<float> bounds, float number)
    {
        var (low, high) = (0, bounds.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (bounds[middle] < number)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
