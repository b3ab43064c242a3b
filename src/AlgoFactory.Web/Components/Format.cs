using System.Globalization;

namespace AlgoFactory.Web.Components;

/// <summary>Numbers, sizes and spans of time as people read them; always the invariant culture.</summary>
internal static class Format
{
    /// <summary>A whole number with thousands separators: <c>48,842</c>.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A count and its noun: <c>1 row</c>, <c>2,300 rows</c>.</summary>
    public static string Count(long value, string noun) => $"{Count(value)} {noun}{(value == 1 ? "" : "s")}";

    /// <summary>A share in [0, 1] as percent; small ones keep a digit: <c>0.4 %</c>, <c>37 %</c>.</summary>
    public static string Percent(double share)
    {
        var percent = share * 100;
        var digits = percent is 0 or >= 10 ? "0" : percent >= 1 ? "0.#" : "0.##";
        return percent is > 0 and < 0.01 ? "< 0.01 %" : percent.ToString(digits, CultureInfo.InvariantCulture) + " %";
    }

    /// <summary>A number of any size with about five significant digits: <c>0.92318</c>, <c>1,204.5</c>, <c>3.2e+12</c>.</summary>
    public static string Number(double value)
    {
        if (!double.IsFinite(value))
            return "–";
        var size = Math.Abs(value);
        if (size is 0)
            return "0";
        if (size is >= 1e9 or < 1e-4)
            return value.ToString("0.###e+0", CultureInfo.InvariantCulture);
        if (value == Math.Truncate(value))
            return value.ToString("N0", CultureInfo.InvariantCulture);
        var digits = size >= 10_000 ? 0 : size >= 1_000 ? 1 : size >= 100 ? 2 : size >= 10 ? 3 : size >= 1 ? 4 : 5;
        return value.ToString("#,0." + new string('#', digits), CultureInfo.InvariantCulture);
    }

    /// <summary>A metric's value with a fixed number of digits for its size, so that a column of scores lines up.</summary>
    public static string Score(double value)
    {
        if (!double.IsFinite(value))
            return "–";
        var size = Math.Abs(value);
        return value.ToString(size >= 1_000 ? "N1" : size >= 10 ? "N3" : "0.00000", CultureInfo.InvariantCulture);
    }

    /// <summary>A number of bytes: <c>3.1 MB</c>.</summary>
    public static string Bytes(long bytes)
    {
        string[] units = ["bytes", "kB", "MB", "GB", "TB"];
        double value = bytes;
        var unit = 0;
        for (; value >= 1000 && unit < units.Length - 1; unit++)
            value /= 1000;
        return value.ToString(unit == 0 || value >= 100 ? "0" : "0.#", CultureInfo.InvariantCulture) + " " + units[unit];
    }

    /// <summary>A span of time: <c>0.4 s</c>, <c>12 s</c>, <c>3 min 20 s</c>, <c>2 h 5 min</c>.</summary>
    public static string Seconds(double seconds)
    {
        if (seconds < 10)
            return seconds.ToString(seconds < 1 ? "0.##" : "0.#", CultureInfo.InvariantCulture) + " s";
        if (seconds < 60)
            return seconds.ToString("0", CultureInfo.InvariantCulture) + " s";
        var whole = (long)Math.Round(seconds);
        return whole switch
        {
            < 3600 when whole % 60 == 0 => $"{whole / 60} min",
            < 3600 => $"{whole / 60} min {whole % 60} s",
            < 86_400 => $"{whole / 3600} h {whole % 3600 / 60} min",
            _ => $"{whole / 86_400} d {whole % 86_400 / 3600} h",
        };
    }

    /// <summary>How long ago: <c>just now</c>, <c>5 minutes ago</c>, <c>3 days ago</c>, then the date.</summary>
    public static string Ago(DateTimeOffset then, DateTimeOffset now)
    {
        var minutes = (now - then).TotalMinutes;
        return minutes switch
        {
            < 1 => "just now",
            < 60 => Count((long)minutes, "minute") + " ago",
            < 24 * 60 => Count((long)(minutes / 60), "hour") + " ago",
            < 30 * 24 * 60 => Count((long)(minutes / 1440), "day") + " ago",
            _ => then.UtcDateTime.ToString("d MMM yyyy", CultureInfo.InvariantCulture),
        };
    }

    /// <summary>The instant itself: <c>22 Nov 2026, 03:33:29 UTC</c>.</summary>
    public static string Instant(DateTimeOffset at) =>
        at.UtcDateTime.ToString("d MMM yyyy, HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>A date column's value (seconds since 1970): the date, with the time of day when it is not midnight.</summary>
    public static string UnixSeconds(double seconds)
    {
        if (!double.IsFinite(seconds) || seconds is < -62_135_596_800 or > 253_402_300_799)
            return "–";
        var at = DateTimeOffset.UnixEpoch.AddSeconds(Math.Round(seconds));
        return at.ToString(at.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
    }

    /// <summary>The first characters of a hash.</summary>
    public static string ShortHash(string hash) => hash.Length > 12 ? hash[..12] : hash;
}
