using System.Text;

namespace AlgoFactory.Data.Ingest.Encodings;

/// <summary>
/// Guesses the code page of text that is neither Unicode nor ASCII. Only what can be told apart safely is: Japanese by
/// its kana, Cyrillic by words made of high bytes alone; all else is windows-1252, and the user can name another.
/// </summary>
internal static class CodePageGuess
{
    private const int Windows1252 = 1252;
    private const int Windows1251 = 1251;
    private const int Koi8R = 20866;
    private const int ShiftJis = 932;

    /// <summary>The likely encoding of the sample.</summary>
    public static Encoding Of(ReadOnlySpan<byte> sample)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        if (LooksShiftJis(sample))
            return Encoding.GetEncoding(ShiftJis);

        // Western words have single high bytes between ASCII letters, Cyrillic ones are nothing but high bytes.
        int high = 0, runs = 0, upperHalf = 0, lowerHalf = 0;
        var inRun = false;
        foreach (var b in sample)
        {
            var isHigh = b >= 0x80;
            if (isHigh)
            {
                high++;
                if (!inRun)
                    runs++;
                if (b >= 0xE0)
                    upperHalf++;
                else if (b >= 0xC0)
                    lowerHalf++;
            }

            inRun = isHigh;
        }

        var isCyrillic = high >= 3 * runs && upperHalf + lowerHalf > high * 9 / 10;
        if (!isCyrillic)
            return Encoding.GetEncoding(Windows1252);
        // Small letters, the most of any text, are E0-FF in windows-1251 and C0-DF in KOI8-R.
        return Encoding.GetEncoding(upperHalf >= lowerHalf ? Windows1251 : Koi8R);
    }

    // Hiragana and katakana are 82 9F-F1 and 83 40-96; as windows-1252 that would be a quotation mark before a letter.
    private static bool LooksShiftJis(ReadOnlySpan<byte> sample)
    {
        int kana = 0, high = 0;
        for (var i = 0; i + 1 < sample.Length; i++)
        {
            if (sample[i] < 0x80)
                continue;
            high++;
            var next = sample[i + 1];
            if ((sample[i] == 0x82 && next is >= 0x9F and <= 0xF1) || (sample[i] == 0x83 && next is >= 0x40 and <= 0x96))
            {
                kana++;
                i++;
            }
        }

        return kana * 4 > high;
    }
}
