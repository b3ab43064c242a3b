namespace AlgoFactory.Learning.Artefacts;

/// <summary>
/// Zip's own sum (CRC-32, ISO 3309), which .NET's reader passes over. It finds damage to the manifest, the only entry
/// whose sha256 stands nowhere in the file; it proves nothing against an author with intent.
/// </summary>
internal static class Crc32
{
    private static readonly uint[] Table = MakeTable();

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        foreach (var value in bytes)
            sum = (sum >> 8) ^ Table[(byte)(sum ^ value)];
        return ~sum;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (var i = 0u; i < 256; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++)
                value = (value >> 1) ^ ((value & 1) * 0xEDB88320u);
            table[i] = value;
        }

        return table;
    }
}
