using System.Runtime.InteropServices;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Torch.Protocol;

/// <summary>Texts as they go through the pipe: of each row its length, then all rows' tokens, in 32-bit numbers.</summary>
public static class TokenBytes
{
    /// <summary>The bytes of rows of a block, each cut to so many tokens.</summary>
    /// <exception cref="OverflowException">They are more than an array holds.</exception>
    public static byte[] Of(TokenBlock block, ReadOnlySpan<int> rows, int maxTokens)
    {
        long count = rows.Length;
        foreach (var row in rows)
            count += Math.Min(maxTokens, block.Row(row).Length);
        var bytes = new byte[checked((int)(4 * count))];
        var numbers = MemoryMarshal.Cast<byte, int>(bytes.AsSpan());
        var at = rows.Length;
        for (var i = 0; i < rows.Length; i++)
        {
            var ids = block.Row(rows[i]);
            ids = ids[..Math.Min(maxTokens, ids.Length)];
            ids.CopyTo(numbers[at..]);
            numbers[i] = ids.Length;
            at += ids.Length;
        }

        return bytes;
    }

    /// <summary>The texts of so many rows.</summary>
    /// <param name="bytes">What <see cref="Of"/> made.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="vocabulary">Tokens that there are.</param>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static TokenBlock Read(ReadOnlySpan<byte> bytes, int rows, int vocabulary)
    {
        var numbers = MemoryMarshal.Cast<byte, int>(bytes);
        if (numbers.Length < rows || bytes.Length % 4 != 0)
            throw new InvalidDataException("Texts of the pipe are cut off.");
        var starts = new int[rows + 1];
        for (var row = 0; row < rows; row++)
            starts[row + 1] = numbers[row] >= 1 ? checked(starts[row] + numbers[row]) : throw new InvalidDataException("A text of the pipe is empty.");
        var ids = numbers[rows..].ToArray();
        if (ids.Length != starts[^1] || ids.Any(id => (uint)id >= (uint)vocabulary))
            throw new InvalidDataException("Texts of the pipe have other tokens than they should.");
        return new TokenBlock(vocabulary, starts, ids);
    }
}
