using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>Room for a batch, and loops over it. Arrays end on a whole vector, so that no loop has a tail.</summary>
internal static class LayerBuffer
{
    private const int Lanes = 8;

    /// <summary>Values of one piece of parallel work.</summary>
    private const int PieceLength = 1 << 13;

    /// <summary>Grows an array to hold that many values, and all of the last vector.</summary>
    public static float[] Hold(ref float[] buffer, int length)
    {
        var whole = Padded(length);
        if (buffer.Length < whole)
            buffer = new float[whole];
        return buffer;
    }

    /// <summary>The length, up to a whole vector.</summary>
    public static int Padded(int length) => (length + Lanes - 1) / Lanes * Lanes;

    /// <summary>Runs ranges of whole vectors over values that are alike.</summary>
    public static void Vectors(Workers workers, int length, Action<int, int> range) => workers.Ranges(Padded(length), PieceLength, range);
}
