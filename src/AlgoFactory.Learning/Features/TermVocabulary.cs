using System.Runtime.InteropServices;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Features;

/// <summary>The buckets that a model has kept, as columns of its own.</summary>
internal sealed class TermVocabulary
{
    /// <summary>Rows that a bucket needs to be kept: what only one row has cannot be learned from.</summary>
    private const int MinRows = 2;

    private readonly int[] _buckets;
    private readonly int[] _columnOf;

    private TermVocabulary(int[] buckets)
    {
        _buckets = buckets;
        _columnOf = new int[TextTokens.Buckets];
        Array.Fill(_columnOf, -1);
        for (var c = 0; c < buckets.Length; c++)
            _columnOf[buckets[c]] = c;
    }

    /// <summary>The buckets kept, ascending.</summary>
    public ReadOnlySpan<int> Buckets => _buckets;

    /// <summary>Columns.</summary>
    public int Width => _buckets.Length;

    /// <summary>The buckets that two texts or more have.</summary>
    public static TermVocabulary Of(int[] frequencies) =>
        new([.. Enumerable.Range(0, frequencies.Length).Where(b => frequencies[b] >= MinRows)]);

    /// <summary>Reads a vocabulary.</summary>
    public static TermVocabulary Read(ArtefactSection from)
    {
        var buckets = from.ReadArray<int>("buckets");
        for (var c = 0; c < buckets.Length; c++)
            FeaturizerGuard.Require(buckets[c] < TextTokens.Buckets && buckets[c] > (c == 0 ? -1 : buckets[c - 1]), "its word buckets are out of range or order");
        return new TermVocabulary(buckets);
    }

    /// <summary>The rows of term counts, block after block, over the kept buckets.</summary>
    /// <param name="blocks">The counts.</param>
    /// <param name="weighing">What they become.</param>
    public SparseBlock Sparse<T>(ReadOnlySpan<TermCounts> blocks, T weighing)
        where T : struct, ITermWeighing
    {
        var starts = new List<int> { 0 };
        var indices = new List<int>();
        var values = new List<float>();
        foreach (var block in blocks)
        {
            var at = 0;
            foreach (var end in block.Ends)
            {
                var start = values.Count;
                for (; at < end; at++)
                {
                    var column = _columnOf[block.Buckets[at]];
                    if (column < 0)
                        continue;
                    indices.Add(column);
                    values.Add(weighing.Of(column, block.Counts[at]));
                }

                weighing.Normalize(CollectionsMarshal.AsSpan(values)[start..]);
                starts.Add(values.Count);
            }
        }

        return new SparseBlock(Width, [.. starts], [.. indices], [.. values]);
    }

    /// <summary>Writes the vocabulary.</summary>
    public void Write(ArtefactSectionWriter to) => to.WriteArray<int>("buckets", _buckets);
}

/// <summary>What counts of terms become; a type, so that the loop over terms is compiled for each kind of it.</summary>
internal interface ITermWeighing
{
    /// <summary>The value of a term.</summary>
    float Of(int column, int count);

    /// <summary>Scales a row's values.</summary>
    void Normalize(Span<float> row);
}
