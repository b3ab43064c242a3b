using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>
/// Products of matrices, c += a × b, by register tiles over packed panels (Goto and van de Geijn, Anatomy of high-performance
/// matrix multiplication, 2008; without blocks along the inner dimension, which is a few hundred here).
/// </summary>
/// <remarks>
/// Each element of c is one chain of fused multiply-adds along the inner dimension, begun at its old value. Tiles and vectors
/// only share out the elements, so the bits are those of three plain loops at any batch size, vector width and number of
/// threads: a row predicts the same alone and in any batch.
/// </remarks>
internal static class Gemm
{
    /// <summary>Rows of a tile.</summary>
    public const int TileRows = 12;

    /// <summary>Columns of a tile and of a panel of the packed right factor.</summary>
    public const int PanelColumns = 32;

    /// <summary>Rows of one piece of parallel work.</summary>
    private const int PieceRows = 4 * TileRows;

    /// <summary>c += a × b. The columns of <paramref name="c"/> stand side by side.</summary>
    public static void Multiply(MatrixView a, PackedMatrix b, MatrixView c, Workers? workers = null)
    {
        a.Check();
        c.Check();
        if (a.Columns != b.Rows || a.Rows != c.Rows || b.Columns != c.Columns || c.ColumnStride != 1)
            throw new ArgumentException($"{a.Rows} × {a.Columns} times {b.Rows} × {b.Columns} does not give {c.Rows} × {c.Columns}.");
        if (a.Columns == 0)
            return;
        if (workers is null || a.Rows <= PieceRows)
            MultiplyRows(a, b, c, 0, a.Rows);
        else
            MultiplyTogether(a, b, c, workers);
    }

    /// <summary>Apart, so that a product on one thread makes no closure.</summary>
    private static void MultiplyTogether(MatrixView a, PackedMatrix b, MatrixView c, Workers workers) =>
        workers.Ranges(a.Rows, PieceRows, (from, to) => MultiplyRows(a, b, c, from, to));

    [SkipLocalsInit]
    private static void MultiplyRows(MatrixView a, PackedMatrix b, MatrixView c, int from, int to)
    {
        Span<float> edge = stackalloc float[TileRows * PanelColumns];
        var panelLength = b.Rows * PanelColumns;
        for (var row = from; row < to; row += TileRows)
        {
            var rows = Math.Min(TileRows, to - row);
            if (rows < TileRows && row + rows < TileRows)
            {
                // Fewer rows than a tile has in all: there is no memory above to fill it up from.
                for (; row < to; row++)
                    MultiplyRow(a, row, b, c);
                return;
            }

            // The last tile begins higher up; what it computes again is thrown away.
            var first = row + rows - TileRows;
            ref var left = ref Element(a, first, 0);
            for (var panel = 0; panel < b.PanelCount; panel++)
            {
                ref var right = ref b.Panels[panel * panelLength];
                var columns = Math.Min(PanelColumns, b.Columns - panel * PanelColumns);
                if (rows == TileRows && columns == PanelColumns)
                {
                    GemmKernels.Tile(ref left, a.RowStride, a.ColumnStride, ref right, b.Rows, ref Element(c, row, panel * PanelColumns), c.RowStride);
                    continue;
                }

                edge.Clear();
                for (var r = 0; r < rows; r++)
                    c.Row(row + r).Slice(panel * PanelColumns, columns).CopyTo(edge[((TileRows - rows + r) * PanelColumns)..]);
                GemmKernels.Tile(ref left, a.RowStride, a.ColumnStride, ref right, b.Rows, ref MemoryMarshal.GetReference(edge), PanelColumns);
                for (var r = 0; r < rows; r++)
                    edge.Slice((TileRows - rows + r) * PanelColumns, columns).CopyTo(c.Row(row + r)[(panel * PanelColumns)..]);
            }
        }
    }

    [SkipLocalsInit]
    private static void MultiplyRow(MatrixView a, int row, PackedMatrix b, MatrixView c)
    {
        Span<float> edge = stackalloc float[PanelColumns];
        ref var left = ref Element(a, row, 0);
        var target = c.Row(row);
        for (var panel = 0; panel < b.PanelCount; panel++)
        {
            ref var right = ref b.Panels[panel * b.Rows * PanelColumns];
            var own = target[(panel * PanelColumns)..];
            if (own.Length >= PanelColumns)
            {
                GemmKernels.Row(ref left, a.ColumnStride, ref right, b.Rows, ref MemoryMarshal.GetReference(own));
                continue;
            }

            edge.Clear();
            own.CopyTo(edge);
            GemmKernels.Row(ref left, a.ColumnStride, ref right, b.Rows, ref MemoryMarshal.GetReference(edge));
            edge[..own.Length].CopyTo(own);
        }
    }

    private static ref float Element(MatrixView view, int row, int column) =>
        ref view.Data[view.Offset + row * view.RowStride + column * view.ColumnStride];
}
