using System.Text;
using System.Text.Json;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Ingest.Native;
using AlgoFactory.Data.Schemas;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Ingest;

/// <summary>One row gives the same bits through every format.</summary>
public class SkewLawTests
{
    [Theory]
    [InlineData("diamonds.csv")]
    [InlineData("flights.csv")]
    [InlineData("credit_data.csv")]
    [InlineData("penguins.csv")]
    public void CsvJsonParquetAndXlsxGiveTheSameFrame(string sample)
    {
        using var folder = new TempFolder();
        using var csv = DataSource.Open(TempFolder.Sample(sample));
        var schema = csv.Load(csv.Describe().Schema).Schema;
        var columns = schema.Columns;
        var expected = csv.Records(columns, 10_000).ShouldHaveSingleItem();
        expected.Errors.ShouldAllBe(e => e == null);

        using (var connection = DuckDbConnection.Open(new ReadOptions()))
            connection.Execute($"COPY (SELECT * FROM read_csv({Sql.Text(TempFolder.Sample(sample))}, nullstr=['NA',''])) TO {Sql.Text(folder["t.parquet"])} (FORMAT parquet)");
        WriteJson(expected.Rows, folder["t.jsonl"]);
        XlsxWriter.Write(expected.Rows, folder["t.xlsx"]);

        foreach (var file in new[] { "t.parquet", "t.jsonl", "t.xlsx" })
        {
            using var other = DataSource.Open(folder[file]);
            other.Format.ShouldBe(file[2..]);
            var batch = other.Records(columns, 10_000).ShouldHaveSingleItem(file);
            batch.Errors.ShouldAllBe(e => e == null, file);
            batch.MissingColumns.ShouldBeEmpty(file);
            ShouldBeSame(batch.Rows, expected.Rows, file);

            var described = other.Describe();
            for (var i = 0; i < columns.Length; i++)
                described.Schema.Columns[i].Kind.ShouldBe(
                    file == "t.parquet" && columns[i].Kind == ColumnKind.Boolean ? described.Schema.Columns[i].Kind : columns[i].Kind, $"{file} {columns[i].Name}");
        }
    }

    [Fact]
    public void OddParquetTypesBecomeTheValuesThatCsvHas()
    {
        using var folder = new TempFolder();
        using (var connection = DuckDbConnection.Open(new ReadOptions()))
            connection.Execute(
                $"""
                COPY (SELECT 0.1::FLOAT AS f, 12.34::DECIMAL(9,2) AS d, 5::HUGEINT AS h, 9007199254740993::BIGINT AS big,
                       TIMESTAMP '2001-04-19 17:25:30.123456' AS t, TIMESTAMPTZ '2001-04-19 19:25:30+02' AS z,
                       TIMESTAMP_NS '2001-04-19 17:25:30.123456789' AS n, DATE '2001-04-19' AS day, true AS b, 200::UTINYINT AS u,
                       'k'::ENUM('k', 'l') AS e, uuid() AS id, [1, 2] AS list, NULL::INTEGER AS nothing)
                TO {Sql.Text(folder["t.parquet"])} (FORMAT parquet)
                """);
        using var source = DataSource.Open(folder["t.parquet"]);
        ColumnSpec[] columns = [.. source.ColumnNames.Select(n => new ColumnSpec(n, n switch
        {
            "t" or "z" or "n" or "day" => ColumnKind.DateTime,
            "b" => ColumnKind.Boolean,
            "big" or "e" or "id" or "list" => ColumnKind.Categorical,
            _ => ColumnKind.Numeric,
        }, ColumnRole.Feature, 1, ""))];
        var rows = source.Records([.. columns], 10).ShouldHaveSingleItem().Rows;
        double Number(string name) => ((NumericColumn)rows[name]).Values[0];
        string Level(string name) => ((CategoryColumn)rows[name]).Levels[0];
        Number("f").ShouldBe(0.1);
        Number("d").ShouldBe(12.34);
        Number("h").ShouldBe(5);
        Number("u").ShouldBe(200);
        Number("b").ShouldBe(1);
        Number("t").ShouldBe(987701130.123456);
        Number("n").ShouldBe(987701130.123456);
        Number("z").ShouldBe(987701130);
        Number("day").ShouldBe(987638400);
        Number("nothing").ShouldBe(double.NaN);
        Level("big").ShouldBe("9007199254740993");
        Level("e").ShouldBe("k");
        Level("list").ShouldBe("[1, 2]");
        Guid.TryParse(Level("id"), out _).ShouldBeTrue();
    }

    [Fact]
    public void HostileFileAndColumnNamesAreOnlyNames()
    {
        using var folder = new TempFolder();
        const string column = "a\"; DROP TABLE x; --'";
        var path = folder["it's [a] * {file}?.parquet"];
        using (var connection = DuckDbConnection.Open(new ReadOptions()))
            connection.Execute($"COPY (SELECT 1 AS {Sql.Name(column)}) TO {Sql.Text(folder["plain.parquet"])} (FORMAT parquet)");
        File.Move(folder["plain.parquet"], path);
        using var source = DataSource.Open(path, new ReadOptions { TempFolder = folder.Path });
        source.ColumnNames.ShouldBe([column]);
        ((NumericColumn)source.Records([new ColumnSpec(column, ColumnKind.Numeric, ColumnRole.Feature, 1, "")], 10).Single().Rows[column]).Values[0].ShouldBe(1);
        source.Dispose();
        Directory.GetFileSystemEntries(folder.Path).ShouldBe([path]);
    }

    [Fact]
    public void JsonKeysMayBeEscapedLackingOrNested()
    {
        using var folder = new TempFolder();
        var path = folder.Write("t.jsonl", "{\"caf\\u00e9\":1,\"k\":\"a\\n\\\"b\"}\r\n{\"k\":null}\n\n{\"k\":{\"x\":[1,2]},\"caf\u00e9\":12345678901234567890}\n");
        using var source = DataSource.Open(path);
        source.ColumnNames.ShouldBe(["café", "k"]);
        var rows = source.Records([new ColumnSpec("k", ColumnKind.Text, ColumnRole.Feature, 1, ""), new ColumnSpec("café", ColumnKind.Numeric, ColumnRole.Feature, 1, "")], 10).Single().Rows;
        ((TextColumn)rows["k"]).Values.ToArray().ShouldBe(["a\n\"b", null, "{\"x\":[1,2]}"]);
        ((NumericColumn)rows["café"]).Values.ToArray().ShouldBe([1, double.NaN, 12345678901234567890]);
    }

    [Fact]
    public void AParquetPassEndsSoonWhenCancelled()
    {
        using var folder = new TempFolder();
        using (var connection = DuckDbConnection.Open(new ReadOptions()))
            connection.Execute($"COPY (SELECT range AS x FROM range(200000)) TO {Sql.Text(folder["t.parquet"])} (FORMAT parquet)");
        using var source = DataSource.Open(folder["t.parquet"]);
        using var cancel = new CancellationTokenSource();
        var batches = 0;
        Should.Throw<OperationCanceledException>(() =>
        {
            foreach (var _ in source.Records([new ColumnSpec("x", ColumnKind.Numeric, ColumnRole.Feature, 1, "")], 1000, cancel.Token))
                if (++batches == 2)
                    cancel.Cancel();
        });
        batches.ShouldBeLessThan(10);
    }

    private static void ShouldBeSame(Frame actual, Frame expected, string what)
    {
        actual.RowCount.ShouldBe(expected.RowCount, what);
        foreach (var column in expected.Columns)
        {
            var name = $"{what} {column.Name}";
            switch (column)
            {
                case NumericColumn numbers:
                    var bits = ((NumericColumn)actual[column.Name]).Values.ToArray().Select(BitConverter.DoubleToInt64Bits);
                    bits.ShouldBe(numbers.Values.ToArray().Select(BitConverter.DoubleToInt64Bits), name);
                    break;
                case CategoryColumn categories:
                    ((CategoryColumn)actual[column.Name]).Codes.ToArray().ShouldBe(categories.Codes.ToArray(), name);
                    break;
                case TextColumn texts:
                    ((TextColumn)actual[column.Name]).Values.ToArray().ShouldBe(texts.Values.ToArray(), name);
                    break;
            }
        }
    }

    private static void WriteJson(Frame frame, string path)
    {
        var lines = new StringBuilder();
        for (var row = 0; row < frame.RowCount; row++)
        {
            var values = new Dictionary<string, object?>();
            foreach (var column in frame.Columns)
                values[column.Name] = FrameValue.Of(column, row);
            lines.Append(JsonSerializer.Serialize(values)).Append('\n');
        }

        File.WriteAllText(path, lines.ToString());
    }
}
