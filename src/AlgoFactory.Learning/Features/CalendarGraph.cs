using AlgoFactory.Learning.Exporting;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Features;

/// <summary>
/// <see cref="Calendar"/> as ONNX operators, in double: the civil date of a day's number by Howard Hinnant's algorithm
/// (https://howardhinnant.github.io/date_algorithms.html#civil_from_days), of years that begin in March. One for each date column.
/// </summary>
internal sealed class CalendarGraph
{
    private readonly OnnxGraph _graph;
    private readonly string _seconds;
    private readonly string _known;
    private readonly string _held;
    private readonly string _days;
    private readonly string _year;
    private readonly string _month;
    private readonly string _day;
    private readonly string _dayOfYear;

    /// <param name="graph">The graph.</param>
    /// <param name="seconds">Rows × 1, double: seconds since 1970, NaN for missing.</param>
    public CalendarGraph(OnnxGraph graph, string seconds)
    {
        (_graph, _seconds) = (graph, seconds);
        _known = graph.Add("And", [graph.Add("GreaterOrEqual", [seconds, Number(Calendar.Earliest)]), graph.Add("LessOrEqual", [seconds, Number(Calendar.Latest)])]);
        _held = graph.Add("Where", [_known, seconds, Number(0)]);
        _days = Floor(_held, Calendar.SecondsPerDay);
        var shifted = Add(_days, Number(719_468));
        var era = Floor(shifted, 146_097);
        var dayOfEra = Subtract(shifted, Times(era, 146_097));
        var leapDays = Subtract(Add(Subtract(dayOfEra, Floor(dayOfEra, 1460)), Floor(dayOfEra, 36_524)), Floor(dayOfEra, 146_096));
        var yearOfEra = Floor(leapDays, 365);
        var marchDay = Subtract(dayOfEra, Subtract(Add(Times(yearOfEra, 365), Floor(yearOfEra, 4)), Floor(yearOfEra, 100)));
        var marchMonth = Floor(Add(Times(marchDay, 5), Number(2)), 153);
        _day = Add(Subtract(marchDay, Floor(Add(Times(marchMonth, 153), Number(2)), 5)), Number(1));
        var isLate = graph.Add("Less", [marchMonth, Number(10)]);
        _month = graph.Add("Where", [isLate, Add(marchMonth, Number(3)), Subtract(marchMonth, Number(9))]);
        var marchYear = Add(yearOfEra, Times(era, 400));
        _year = graph.Add("Where", [isLate, marchYear, Add(marchYear, Number(1))]);
        // January has 31 days before February; from March on a leap year is a day ahead.
        var leap = Subtract(Subtract(Multiples(4), Multiples(100)), Times(Multiples(400), -1));
        _dayOfYear = graph.Add("Where", [isLate, Add(Add(marchDay, Number(60)), leap), Add(_day, Times(Subtract(_month, Number(1)), 31))]);
    }

    /// <summary>A part: rows × 1, double.</summary>
    public string Part(DatePart part)
    {
        if (part == DatePart.IsMissing)
            return _graph.Cast(_graph.Add("IsNaN", [_seconds]), ElementType.Double);
        var weekday = Subtract(Add(_days, Number(3)), Times(Floor(Add(_days, Number(3)), 7), 7));
        var hour = Divided(Subtract(_held, Times(_days, Calendar.SecondsPerDay)), 3600);
        var value = part switch
        {
            DatePart.Year => _year,
            DatePart.Month => _month,
            DatePart.Day => _day,
            DatePart.DayOfWeek => weekday,
            DatePart.Hour => hour,
            DatePart.DayOfYear => _dayOfYear,
            DatePart.ElapsedDays => Divided(_held, Calendar.SecondsPerDay),
            DatePart.IsWeekend => _graph.Cast(_graph.Add("GreaterOrEqual", [weekday, Number(5)]), ElementType.Double),
            DatePart.MonthSin or DatePart.MonthCos => Wave(Subtract(_month, Number(1)), 12, part == DatePart.MonthCos),
            DatePart.DayOfWeekSin or DatePart.DayOfWeekCos => Wave(weekday, 7, part == DatePart.DayOfWeekCos),
            DatePart.HourSin or DatePart.HourCos => Wave(hour, 24, part == DatePart.HourCos),
            _ => Wave(Subtract(_dayOfYear, Number(1)), 365.25, part == DatePart.DayOfYearCos),
        };
        return _graph.Add("Where", [_known, value, Number(double.NaN)]);
    }

    /// <summary>1 where the year is a multiple, else 0.</summary>
    private string Multiples(double of) => _graph.Cast(_graph.Add("Equal", [_year, Times(Floor(_year, of), of)]), ElementType.Double);

    /// <summary>Sine, or cosine as the sine a quarter on: not every runtime has the cosine of doubles.</summary>
    private string Wave(string place, double period, bool cosine)
    {
        var angle = Divided(Times(place, Math.Tau), period);
        return _graph.Add("Sin", [cosine ? Add(angle, Number(Math.PI / 2)) : angle]);
    }

    private string Floor(string value, double by) => _graph.Add("Floor", [Divided(value, by)]);

    private string Divided(string value, double by) => _graph.Add("Div", [value, Number(by)]);

    private string Times(string value, double by) => _graph.Add("Mul", [value, Number(by)]);

    private string Add(string one, string other) => _graph.Add("Add", [one, other]);

    private string Subtract(string one, string other) => _graph.Add("Sub", [one, other]);

    private string Number(double value) => ColumnGraph.Number(_graph, value);
}
