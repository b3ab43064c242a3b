using AlgoFactory.Data.Export;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Query;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Query;

public sealed class PartsQueryTests
{
    [Fact]
    public void Parts_with_other_columns_are_one_table()
    {
        using var folder = new TempFolder();
        Write(folder["a.parquet"], ["n", "t"], ("1", "ä'\""), ("2", null));
        Write(folder["b.parquet"], ["n"], ("3", null));
        using var query = PartsQuery.Open([folder["a.parquet"], folder["b.parquet"]], new ReadOptions { Threads = 1 });
        query.Columns().ShouldBe(["n", "t"]);
        var rows = new List<(double, string?)>();
        query.Read($"SELECT n, t FROM parts WHERE t IS NULL OR t = {PartsQuery.Text("ä'\"")} ORDER BY n", row => rows.Add((row.Number(0), row.Text(1))));
        rows.ShouldBe([(1, "ä'\""), (2, null), (3, null)]);
        query.Read("SELECT count(*), NULL::DOUBLE, true FROM parts", row =>
        {
            row.Number(0).ShouldBe(3);
            row.Number(1).ShouldBe(double.NaN);
            row.IsMissing(1).ShouldBeTrue();
            row.Number(2).ShouldBe(1);
        });
    }

    [Fact]
    public void What_cannot_be_read_is_an_error_in_a_sentence()
    {
        using var folder = new TempFolder();
        Should.Throw<IOException>(() => PartsQuery.Open([folder["none.parquet"]], new ReadOptions())).Message.ShouldStartWith("The stored rows cannot be read: ");
        folder.Write("broken.parquet", "PAR1 and nothing else");
        Should.Throw<IOException>(() => PartsQuery.Open([folder["broken.parquet"]], new ReadOptions()));
        Write(folder["a.parquet"], ["n"], ("1", null));
        using var query = PartsQuery.Open([folder["a.parquet"]], new ReadOptions());
        Should.Throw<IOException>(() => query.Read("SELECT nothing FROM parts", _ => { }));
    }

    private static void Write(string path, string[] columns, params (string Number, string? Text)[] rows)
    {
        using var writer = TableWriter.Create(path, [.. columns.Select(c => new OutputColumn(c, c == "n" ? OutputKind.Double : OutputKind.Text))], new ReadOptions { Threads = 1 });
        foreach (var (number, text) in rows)
        {
            writer.SetDouble(0, double.Parse(number, System.Globalization.CultureInfo.InvariantCulture));
            if (columns.Length > 1)
                writer.SetText(1, text);
            writer.EndRow();
        }

        writer.Complete();
    }
}
