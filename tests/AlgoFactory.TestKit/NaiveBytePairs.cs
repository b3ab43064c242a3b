namespace AlgoFactory.TestKit;

/// <summary>Byte-pair merges as they are defined: each merge over the whole word, the first learned first.</summary>
public static class NaiveBytePairs
{
    /// <summary>The tokens of a word; merge <c>i</c> makes token 256 + i.</summary>
    public static List<int> Encode(IEnumerable<int> word, IEnumerable<(int Left, int Right)> merges)
    {
        var tokens = word.ToList();
        var made = 256;
        foreach (var (left, right) in merges)
        {
            for (var i = 0; i + 1 < tokens.Count; i++)
            {
                if (tokens[i] != left || tokens[i + 1] != right)
                    continue;
                tokens[i] = made;
                tokens.RemoveAt(i + 1);
            }

            made++;
        }

        return tokens;
    }
}
