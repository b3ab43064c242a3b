using System.Text;

namespace AlgoFactory.Data.Ingest.Encodings;

/// <summary>The encoding of a text file.</summary>
/// <param name="Encoding">It.</param>
/// <param name="PreambleLength">Bytes of the byte-order mark at the file's beginning.</param>
/// <param name="Guessed">Whether it was told from letter frequencies, so that the user should have a look.</param>
/// <param name="Valid">Whether the whole file is known to be valid in it.</param>
internal sealed record TextEncoding(Encoding Encoding, int PreambleLength, bool Guessed, bool Valid)
{
    /// <summary>UTF-8 needs no transcoding.</summary>
    public bool IsUtf8 => Encoding.CodePage == 65001;

    /// <summary>Opens the file as a stream of UTF-8 without byte-order mark, transcoded on the way.</summary>
    public Stream OpenUtf8(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        file.Position = PreambleLength;
        return IsUtf8 ? file : Encoding.CreateTranscodingStream(file, Encoding, Utf8NoMark);
    }

    /// <summary>UTF-8 without byte-order mark.</summary>
    public static Encoding Utf8NoMark { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <summary>An encoding by the name the user gave.</summary>
    /// <exception cref="DataFormatException">No such encoding.</exception>
    public static Encoding ByName(string name)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        try
        {
            return int.TryParse(name, out var codePage) ? Encoding.GetEncoding(codePage) : Encoding.GetEncoding(name.Trim());
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw new DataFormatException(
                $"There is no text encoding '{Excerpt.Of(name)}'; name one such as utf-8, utf-16, windows-1252, windows-1251, iso-8859-15 or shift_jis.", error);
        }
    }
}
