namespace AlgoFactory.Learning.Features;

/// <summary>Texts of rows as ids of tokens, in the order of the text: what a network reads that knows about order.</summary>
public sealed class TokenBlock
{
    private readonly int[] _starts;
    private readonly int[] _ids;

    /// <summary>Creates a block over these arrays, which are not copied. Row r is <c>starts[r] .. starts[r + 1]</c>.</summary>
    /// <param name="vocabulary">Tokens that there are; an id is below.</param>
    /// <param name="starts">Where each row begins, and the end.</param>
    /// <param name="ids">The tokens; every row has one at least.</param>
    /// <exception cref="ArgumentException">A row has no token.</exception>
    public TokenBlock(int vocabulary, int[] starts, int[] ids)
    {
        for (var row = 0; row + 1 < starts.Length; row++)
            if (starts[row + 1] <= starts[row])
                throw new ArgumentException($"Row {row} has no token.", nameof(starts));
        (Vocabulary, _starts, _ids) = (vocabulary, starts, ids);
    }

    /// <summary>Tokens that there are.</summary>
    public int Vocabulary { get; }

    /// <summary>Rows.</summary>
    public int RowCount => _starts.Length - 1;

    /// <summary>Tokens of all rows.</summary>
    public int Count => _starts[^1];

    /// <summary>A row's tokens.</summary>
    public ReadOnlySpan<int> Row(int row) => _ids.AsSpan(_starts[row], _starts[row + 1] - _starts[row]);

    /// <summary>Copies the given rows, in the given order.</summary>
    public TokenBlock Take(ReadOnlySpan<int> rows)
    {
        var starts = new int[rows.Length + 1];
        for (var i = 0; i < rows.Length; i++)
            starts[i + 1] = starts[i] + Row(rows[i]).Length;
        var ids = new int[starts[^1]];
        for (var i = 0; i < rows.Length; i++)
            Row(rows[i]).CopyTo(ids.AsSpan(starts[i]));
        return new TokenBlock(Vocabulary, starts, ids);
    }
}
