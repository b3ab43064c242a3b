namespace AlgoFactory.Web.Errors;

/// <summary>Tells a full disk from other faults of input and output.</summary>
internal static class DiskFull
{
    private const int NoSpaceLeft = 28;
    private const int QuotaExceeded = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Whether the fault is that the disk, or the user's share of it, is full.</summary>
    public static bool Is(IOException fault) => fault.HResult is NoSpaceLeft or QuotaExceeded or WindowsDiskFull;
}
