using AlgoFactory.Learning.Features;
using AlgoFactory.Torch.Protocol;

namespace AlgoFactory.Torch.Worker.Tests.Training;

/// <summary>Texts of one to nine tokens whose class, of two, is the token that comes first.</summary>
internal static class FirstTokens
{
    /// <summary>Tokens that there are.</summary>
    public const int Vocabulary = 12;

    /// <summary>Texts as they come through the pipe, and their classes.</summary>
    public static (byte[] Inputs, float[] Labels) Of(int rows, int maxTokens)
    {
        var random = new Random(1);
        int[][] texts = [.. Enumerable.Range(0, rows).Select(i => (int[])[i % 2, .. Enumerable.Range(0, random.Next(9)).Select(_ => 2 + random.Next(9))])];
        return (TokenBytes.Of(Block(texts), [.. Enumerable.Range(0, rows)], maxTokens), [.. Enumerable.Range(0, rows).Select(i => (float)(i % 2))]);
    }

    /// <summary>Rows of tokens.</summary>
    public static TokenBlock Block(params int[][] rows)
    {
        var starts = new int[rows.Length + 1];
        for (var i = 0; i < rows.Length; i++)
            starts[i + 1] = starts[i] + rows[i].Length;
        return new TokenBlock(Vocabulary, starts, [.. rows.SelectMany(r => r)]);
    }
}
