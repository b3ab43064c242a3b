using System.Globalization;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Benchmarks.Trees;

/// <summary>
/// Reads a simple CSV as learners see it: numbers, and categories as codes. Small on purpose: it measures the trees alone,
/// without the pipeline.
/// </summary>
internal static class CsvTable
{
    /// <summary>Reads a training and a test file with the same columns.</summary>
    public static (TrainingSet Train, TrainingSet Test) Read(string trainFile, string testFile, string label, TaskKind kind)
    {
        var train = Cells(trainFile);
        var test = Cells(testFile);
        var columns = train[0].Count;
        var at = train[0].IndexOf(label);
        var infos = new List<FeatureInfo>();
        var (trainColumns, testColumns) = (new List<float[]>(), new List<float[]>());
        for (var c = 0; c < columns; c++)
        {
            if (c == at)
                continue;
            var (a, b) = (train.Skip(1).Select(r => r[c]).ToArray(), test.Skip(1).Select(r => r[c]).ToArray());
            var date = a.All(v => v.Length >= 10 && v[4] == '-' && DateTime.TryParse(v, CultureInfo.InvariantCulture, out _));
            if (date)
            {
                AddDates(train[0][c], a, b, infos, trainColumns, testColumns);
                continue;
            }

            var numeric = a.All(v => Missing(v) || double.TryParse(v, NumberStyles.Float, CultureInfo.InvariantCulture, out _));
            var levels = numeric ? [] : a.Where(v => !Missing(v)).Distinct().Order(StringComparer.Ordinal).Select((v, i) => (v, i)).ToDictionary(p => p.v, p => p.i);
            infos.Add(new FeatureInfo(train[0][c], train[0][c], numeric ? FeatureKind.Numeric : FeatureKind.Categorical, levels.Count));
            trainColumns.Add(Array.ConvertAll(a, v => Value(v, numeric, levels)));
            testColumns.Add(Array.ConvertAll(b, v => Value(v, numeric, levels)));
        }

        var labels = train.Skip(1).Select(r => r[at]).ToArray();
        string[] classes = kind == TaskKind.Regression ? [] : [.. labels.Distinct().Order(StringComparer.Ordinal)];
        var task = new TaskSpec(kind, label, [.. classes]);
        return (Set(train, trainColumns), Set(test, testColumns));

        TrainingSet Set(List<List<string>> rows, List<float[]> values)
        {
            var count = rows.Count - 1;
            var dense = new float[count * infos.Count];
            for (var i = 0; i < count; i++)
                for (var f = 0; f < infos.Count; f++)
                    dense[i * infos.Count + f] = values[f][i];
            return new TrainingSet
            {
                Task = task,
                FeatureInfos = [.. infos],
                Features = new FeatureBatch(count, infos.Count, dense),
                Labels = rows.Skip(1).Select(r => kind == TaskKind.Regression
                    ? float.Parse(r[at], CultureInfo.InvariantCulture)
                    : Array.IndexOf(classes, r[at])).ToArray(),
            };
        }
    }

    private static void AddDates(
        string name, string[] train, string[] test, List<FeatureInfo> infos, List<float[]> trainColumns, List<float[]> testColumns)
    {
        (string Part, Func<DateTime, double> Of)[] parts =
        [
            ("month", d => d.Month), ("day", d => d.Day), ("weekday", d => (int)d.DayOfWeek), ("minute", d => d.TimeOfDay.TotalMinutes),
            ("days", d => (d - new DateTime(1970, 1, 1)).TotalDays),
        ];
        foreach (var (part, of) in parts)
        {
            infos.Add(new FeatureInfo($"{name}.{part}", name, FeatureKind.Numeric));
            trainColumns.Add(Array.ConvertAll(train, v => (float)of(DateTime.Parse(v, CultureInfo.InvariantCulture))));
            testColumns.Add(Array.ConvertAll(test, v => (float)of(DateTime.Parse(v, CultureInfo.InvariantCulture))));
        }
    }

    private static bool Missing(string value) => value is "" or "NA" or "?" or "nan" or "NaN";

    private static float Value(string value, bool numeric, Dictionary<string, int> levels) =>
        Missing(value) ? float.NaN
        : numeric ? float.Parse(value, CultureInfo.InvariantCulture)
        : levels.TryGetValue(value, out var code) ? code : float.NaN;

    private static List<List<string>> Cells(string file)
    {
        var rows = new List<List<string>>();
        foreach (var line in File.ReadLines(file))
        {
            var row = new List<string>();
            var start = 0;
            while (start <= line.Length)
            {
                if (start < line.Length && line[start] == '"')
                {
                    var end = line.IndexOf('"', start + 1);
                    row.Add(line[(start + 1)..end].Trim());
                    start = end + 2;
                    continue;
                }

                var comma = line.IndexOf(',', start);
                comma = comma < 0 ? line.Length : comma;
                row.Add(line[start..comma].Trim());
                start = comma + 1;
            }

            rows.Add(row);
        }

        return rows;
    }
}
