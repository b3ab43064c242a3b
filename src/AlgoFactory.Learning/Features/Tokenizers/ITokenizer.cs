namespace AlgoFactory.Learning.Features.Tokenizers;

/// <summary>Cuts texts into the tokens of a fixed vocabulary. Immutable and thread-safe.</summary>
public interface ITokenizer
{
    /// <summary>Tokens in the vocabulary; ids are 0 to this less one.</summary>
    int Count { get; }

    /// <summary>Appends the ids of the text's tokens, in its order. Any text has some: unpaired surrogates count as U+FFFD.</summary>
    void Encode(ReadOnlySpan<char> text, List<int> to);
}
