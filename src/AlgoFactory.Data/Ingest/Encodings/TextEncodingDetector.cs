using System.Text;
using System.Text.Unicode;

namespace AlgoFactory.Data.Ingest.Encodings;

/// <summary>
/// Recognises the encoding of a text file: by byte-order mark, by the pattern of zero bytes (UTF-16), by validity
/// (UTF-8, the whole file is checked) and else by what its high bytes look like (code pages).
/// </summary>
internal static class TextEncodingDetector
{
    private const int BlockSize = 1 << 18;
    private const int SampleSize = 1 << 20;

    /// <summary>Recognises the encoding of the file.</summary>
    public static TextEncoding Detect(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        var head = new byte[Math.Min(BlockSize, (int)Math.Min(file.Length, BlockSize))];
        var length = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        if (ByMark(head.AsSpan(0, length)) is { } marked && !marked.IsUtf8)
            return marked;
        if (Utf16ByZeros(head.AsSpan(0, length)) is { } wide)
            return wide;
        var mark = head.AsSpan(0, length).StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        if (IsUtf8(file))
            return new TextEncoding(TextEncoding.Utf8NoMark, mark, Guessed: false, Valid: true);
        var sample = HighByteSample(file);
        if (mark > 0 || IsMostlyUtf8(sample))
            return new TextEncoding(TextEncoding.Utf8NoMark, mark, Guessed: false, Valid: false);
        return new TextEncoding(CodePageGuess.Of(sample), 0, Guessed: true, Valid: true);
    }

    /// <summary>The encoding that the user named, with the byte-order mark passed over if it stands there.</summary>
    public static TextEncoding Named(string path, string name)
    {
        var encoding = TextEncoding.ByName(name);
        using var file = File.OpenRead(path);
        Span<byte> head = stackalloc byte[4];
        head = head[..file.ReadAtLeast(head, 4, throwOnEndOfStream: false)];
        var mark = encoding.Preamble;
        var marked = mark.Length > 0 && head.StartsWith(mark) ? mark.Length : 0;
        return new TextEncoding(encoding.CodePage == 65001 ? TextEncoding.Utf8NoMark : encoding, marked, Guessed: false, Valid: encoding.CodePage != 65001);
    }

    private static TextEncoding? ByMark(ReadOnlySpan<byte> head)
    {
        foreach (var encoding in (ReadOnlySpan<Encoding>)[Encoding.UTF32, new UTF32Encoding(true, true), Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode])
            if (head.StartsWith(encoding.Preamble))
                return new TextEncoding(encoding, encoding.Preamble.Length, Guessed: false, Valid: true);
        return null;
    }

    // Western text in UTF-16 has a zero in every other byte; a quarter of the code units is enough to be sure, since
    // UTF-8 text has none at all.
    private static TextEncoding? Utf16ByZeros(ReadOnlySpan<byte> head)
    {
        var units = head.Length / 2;
        if (units < 2)
            return null;
        int even = 0, odd = 0, wild = 0;
        for (var i = 0; i < units; i++)
        {
            even += head[2 * i] == 0 ? 1 : 0;
            odd += head[2 * i + 1] == 0 ? 1 : 0;
            wild += head[2 * i] == 0 && head[2 * i + 1] == 0 ? 1 : 0;
        }

        if (wild > 0)
            return null;
        if (odd > units / 4 && even == 0)
            return new TextEncoding(Encoding.Unicode, 0, Guessed: false, Valid: true);
        if (even > units / 4 && odd == 0)
            return new TextEncoding(Encoding.BigEndianUnicode, 0, Guessed: false, Valid: true);
        return null;
    }

    private static bool IsUtf8(FileStream file)
    {
        file.Position = 0;
        var buffer = new byte[BlockSize];
        var kept = 0;
        while (true)
        {
            var read = file.Read(buffer, kept, buffer.Length - kept);
            var end = kept + read;
            if (read == 0)
                return kept == 0;
            var whole = end - IncompleteTail(buffer.AsSpan(0, end));
            if (!Utf8.IsValid(buffer.AsSpan(0, whole)))
                return false;
            kept = end - whole;
            buffer.AsSpan(whole, kept).CopyTo(buffer);
        }
    }

    // Bytes at the end that begin a sequence which the next block goes on with.
    private static int IncompleteTail(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= Math.Min(3, bytes.Length); back++)
        {
            var b = bytes[^back];
            if (b < 0x80)
                return 0;
            if (b >= 0xC0)
                return back < (b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2) ? back : 0;
        }

        return 0;
    }

    // The neighbourhoods of the first high bytes: a file may be ASCII for its first gigabyte.
    private static byte[] HighByteSample(FileStream file)
    {
        file.Position = 0;
        var buffer = new byte[BlockSize];
        var sample = new MemoryStream();
        while (sample.Length < SampleSize && file.Read(buffer) is > 0 and var read)
        {
            var block = buffer.AsSpan(0, read);
            if (block.IndexOfAnyExceptInRange((byte)0, (byte)0x7F) >= 0)
                sample.Write(block);
        }

        return sample.ToArray();
    }

    // A UTF-8 file with some torn bytes is still UTF-8: the records that hold them are reported one by one.
    private static bool IsMostlyUtf8(ReadOnlySpan<byte> sample)
    {
        int good = 0, bad = 0;
        while (!sample.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(sample, out _, out var used);
            if (used > 1 && status == System.Buffers.OperationStatus.Done)
                good++;
            else if (status == System.Buffers.OperationStatus.InvalidData)
                bad++;
            sample = sample[used..];
        }

        return good > 10 * bad;
    }
}
