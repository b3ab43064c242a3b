using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>
/// The right factor of a product, packed as <see cref="Gemm"/> reads it: panels of <see cref="Gemm.PanelColumns"/> columns, the last
/// filled up with zeros, and in each panel row after row. Its memory is used again by the next matrix that is packed.
/// </summary>
internal sealed class PackedMatrix
{
    /// <summary>Rows.</summary>
    public int Rows { get; private set; }

    /// <summary>Columns, without those that fill up the last panel.</summary>
    public int Columns { get; private set; }

    /// <summary>Panel after panel.</summary>
    public float[] Panels { get; private set; } = [];

    /// <summary>Panels in use.</summary>
    public int PanelCount => (Columns + Gemm.PanelColumns - 1) / Gemm.PanelColumns;

    /// <summary>Packs a matrix, on the caller's thread alone where there are no workers.</summary>
    public void Pack(MatrixView from, Workers? workers = null)
    {
        from.Check();
        (Rows, Columns) = (from.Rows, from.Columns);
        var length = PanelCount * Rows * Gemm.PanelColumns;
        if (Panels.Length < length)
            Panels = new float[length];
        if (workers is null)
            for (var panel = 0; panel < PanelCount; panel++)
                PackPanel(from, panel);
        else
            workers.For(PanelCount, panel => PackPanel(from, panel));
    }

    private void PackPanel(MatrixView from, int panel)
    {
        const int width = Gemm.PanelColumns;
        var first = panel * width;
        var count = Math.Min(width, Columns - first);
        var to = Panels.AsSpan(panel * Rows * width, Rows * width);
        var data = from.Data;
        if (count < width)
            to.Clear();
        if (from.ColumnStride == 1)
        {
            for (var row = 0; row < Rows; row++)
                data.AsSpan(from.Offset + row * from.RowStride + first, count).CopyTo(to[(row * width)..]);
            return;
        }

        // A transposed matrix is read along its rows, as they lie in memory.
        for (var column = 0; column < count; column++)
        {
            var at = from.Offset + (first + column) * from.ColumnStride;
            for (int row = 0, target = column; row < Rows; row++, at += from.RowStride, target += width)
                to[target] = data[at];
        }
    }
}
