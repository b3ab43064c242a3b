namespace AlgoFactory.Learning.Features;

/// <summary>The parts of an instant, in UTC by the Gregorian calendar.</summary>
internal static class Calendar
{
    public const double SecondsPerDay = 86_400;

    // 0001-01-02 to 9999-12-30: what DateTime can hold, a day away from its ends.
    public const double Earliest = -62_135_510_400;
    public const double Latest = 253_402_128_000;

    /// <summary>A part of an instant in seconds since 1970-01-01; NaN for a missing one or one outside the years 1 to 9999.</summary>
    public static double Value(double seconds, DatePart part)
    {
        if (part == DatePart.IsMissing)
            return double.IsNaN(seconds) ? 1 : 0;
        if (!(seconds >= Earliest && seconds <= Latest))
            return double.NaN;
        var days = Math.Floor(seconds / SecondsPerDay);
        var date = DateOnly.FromDayNumber((int)days + UnixDay);
        var hour = (seconds - days * SecondsPerDay) / 3600;
        return part switch
        {
            DatePart.Year => date.Year,
            DatePart.Month => date.Month,
            DatePart.Day => date.Day,
            DatePart.DayOfWeek => Weekday(date),
            DatePart.Hour => hour,
            DatePart.DayOfYear => date.DayOfYear,
            DatePart.ElapsedDays => seconds / SecondsPerDay,
            DatePart.IsWeekend => Weekday(date) >= 5 ? 1 : 0,
            DatePart.MonthSin => Math.Sin(Math.Tau * (date.Month - 1) / 12),
            DatePart.MonthCos => Math.Cos(Math.Tau * (date.Month - 1) / 12),
            DatePart.DayOfWeekSin => Math.Sin(Math.Tau * Weekday(date) / 7),
            DatePart.DayOfWeekCos => Math.Cos(Math.Tau * Weekday(date) / 7),
            DatePart.HourSin => Math.Sin(Math.Tau * hour / 24),
            DatePart.HourCos => Math.Cos(Math.Tau * hour / 24),
            DatePart.DayOfYearSin => Math.Sin(Math.Tau * (date.DayOfYear - 1) / 365.25),
            _ => Math.Cos(Math.Tau * (date.DayOfYear - 1) / 365.25),
        };
    }

    /// <summary>The part's name in a feature's name, such as <c>month</c>.</summary>
    public static string Name(DatePart part) => part switch
    {
        DatePart.Year => "year",
        DatePart.Month => "month",
        DatePart.Day => "day",
        DatePart.DayOfWeek => "weekday",
        DatePart.Hour => "hour",
        DatePart.DayOfYear => "dayOfYear",
        DatePart.ElapsedDays => "elapsedDays",
        DatePart.IsWeekend => "isWeekend",
        DatePart.MonthSin => "month.sin",
        DatePart.MonthCos => "month.cos",
        DatePart.DayOfWeekSin => "weekday.sin",
        DatePart.DayOfWeekCos => "weekday.cos",
        DatePart.HourSin => "hour.sin",
        DatePart.HourCos => "hour.cos",
        DatePart.DayOfYearSin => "dayOfYear.sin",
        DatePart.DayOfYearCos => "dayOfYear.cos",
        _ => "isMissing",
    };

    private static readonly int UnixDay = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    /// <summary>0 for Monday to 6 for Sunday.</summary>
    private static int Weekday(DateOnly date) => ((int)date.DayOfWeek + 6) % 7;
}
