using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Ingest.Native;
using AlgoFactory.Data.Ingest.Parquet;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Ingest.Parquet;

public sealed class ColumnStreamTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public void Every_kind_of_number_is_a_float_and_null_is_NaN()
    {
        var file = Write("SELECT 1::TINYINT a, 2::SMALLINT b, 3::INTEGER c, 4::BIGINT d, 5::UTINYINT e, 6::USMALLINT f, 7::UINTEGER g, 8::UBIGINT h, " +
            "9.5::FLOAT i, -10.25::DOUBLE j, true k, 11.5::DECIMAL(9,2) l, 12::HUGEINT m UNION ALL SELECT " + string.Join(", ", Enumerable.Repeat("NULL", 13)));
        using var stream = ColumnStream.Open(file, [.. "abcdefghijklm".Select(c => c.ToString())]);
        var read = ReadAll(stream, capacity: 5);
        read.Select(c => c[0]).ShouldBe([1, 2, 3, 4, 5, 6, 7, 8, 9.5f, -10.25f, 1, 11.5f, 12]);
        read.ShouldAllBe(c => c.Length == 2 && float.IsNaN(c[1]));
    }

    [Theory]
    [InlineData(1, 1000)]
    [InlineData(4, 16_384)]
    [InlineData(4, 70_001)]
    public void Rows_come_in_the_files_order_whatever_the_chunks(int threads, int capacity)
    {
        var file = Write("SELECT i::FLOAT AS i, CASE WHEN i % 3 = 0 THEN NULL ELSE (i % 1000)::INTEGER END AS r FROM range(300000) t(i)");
        using var stream = ColumnStream.Open(file, ["r", "i"], new ReadOptions { Threads = threads, MemoryLimitMiB = 128 });
        for (var pass = 0; pass < 2; pass++)
        {
            var read = ReadAll(stream, capacity);
            read[1].SequenceEqual(Enumerable.Range(0, 300_000).Select(i => (float)i)).ShouldBeTrue();
            read[0].SequenceEqual(Enumerable.Range(0, 300_000).Select(i => i % 3 == 0 ? float.NaN : i % 1000)).ShouldBeTrue();
        }
    }

    [Fact]
    public void Texts_are_codes_in_order_of_appearance_in_every_pass()
    {
        var file = Write("SELECT CASE i % 4 WHEN 0 THEN 'b' WHEN 1 THEN 'a longer text than twelve bytes' WHEN 2 THEN NULL ELSE '' END AS t FROM range(5000) t(i)");
        using var stream = ColumnStream.Open(file, ["t"]);
        stream.IsText(0).ShouldBeTrue();
        for (var pass = 0; pass < 2; pass++)
        {
            ReadAll(stream, 999)[0].SequenceEqual(Enumerable.Range(0, 5000).Select(i => (i % 4) switch { 0 => 0, 1 => 1, 2 => float.NaN, _ => 2f })).ShouldBeTrue();
            Enumerable.Range(0, stream.LevelCount(0)).Select(l => stream.Level(0, l)).ShouldBe(["b", "a longer text than twelve bytes", ""]);
        }
    }

    [Fact]
    public void What_cannot_be_streamed_is_refused_in_a_sentence()
    {
        var file = Write("SELECT DATE '2020-01-01' AS day, [1, 2] AS list, 1 AS count");
        Error(() => ColumnStream.Open(file, ["day"])).ShouldBe("The column 'day' holds dates or nested values, which cannot be streamed; make numbers of them first, or leave the column out.");
        Error(() => ColumnStream.Open(file, ["list"])).ShouldContain("nested");
        Error(() => ColumnStream.Open(file, ["cuont"])).ShouldContain("no column 'cuont'");
        Error(() => ColumnStream.Open(_folder.Write("t.csv", "a,b\n1,2\n"), ["a"])).ShouldContain("Only a Parquet file");
        Error(() => ColumnStream.Open(_folder["none.parquet"], ["a"])).ShouldContain("There is no file");
    }

    [Fact]
    public void Too_many_texts_are_refused_before_they_fill_the_memory()
    {
        var file = Write($"SELECT i::VARCHAR AS name FROM range({ColumnStream.MaxLevels + 2}) t(i)");
        using var stream = ColumnStream.Open(file, ["name"]);
        Error(() => ReadAll(stream, 16_384)).ShouldBe("The column 'name' holds more than 1,048,576 distinct texts, too much for categories; leave it out.");
        using var essays = ColumnStream.Open(Write("SELECT repeat('word ', 52) AS essay"), ["essay"]);
        Error(() => ReadAll(essays, 10)).ShouldContain("a text of more than 256 bytes");
    }

    [Fact]
    public void A_cancelled_pass_ends()
    {
        var file = Write("SELECT i FROM range(100000) t(i)");
        using var stream = ColumnStream.Open(file, ["i"]);
        using var cancellation = new CancellationTokenSource();
        using var reader = stream.Read(cancellation.Token);
        var room = new float[1000];
        reader.Read(room, 1000).ShouldBe(1000);
        cancellation.Cancel();
        Should.Throw<OperationCanceledException>(() =>
        {
            while (reader.Read(room, 1000) > 0)
            {
            }
        });
    }

    [Fact]
    public void Reading_numbers_allocates_nothing_a_row()
    {
        var file = Write("SELECT i::FLOAT AS i, random() AS r FROM range(100000) t(i)");
        using var stream = ColumnStream.Open(file, ["i", "r"]);
        using var reader = stream.Read(default);
        var room = new float[2 * 4096];
        reader.Read(room, 4096);
        var before = GC.GetAllocatedBytesForCurrentThread();
        while (reader.Read(room, 4096) > 0)
        {
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1000);
    }

    public void Dispose() => _folder.Dispose();

    private static float[][] ReadAll(ColumnStream stream, int capacity)
    {
        using var reader = stream.Read(default);
        var columns = stream.Columns.Select(_ => new List<float>()).ToArray();
        var room = new float[columns.Length * capacity];
        while (reader.Read(room, capacity) is > 0 and var count)
            for (var c = 0; c < columns.Length; c++)
                columns[c].AddRange(room.AsSpan(c * capacity, count));
        reader.Read(room, capacity).ShouldBe(0);
        return [.. columns.Select(c => c.ToArray())];
    }

    private static string Error(Action action) => Should.Throw<DataFormatException>(action).Message;

    private string Write(string query)
    {
        var path = _folder[$"{Guid.NewGuid():N}.parquet"];
        using var connection = DuckDbConnection.Open(new ReadOptions());
        connection.Execute($"COPY ({query}) TO {Sql.Text(path)} (FORMAT parquet)");
        return path;
    }
}
