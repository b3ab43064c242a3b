using AlgoFactory.Data.Export;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Export;

public class TableWriterTests
{
    private static readonly OutputColumn[] Columns = [new("prediction", OutputKind.Text), new("probability:a,\"b\"", OutputKind.Single), new("value", OutputKind.Double), new("error", OutputKind.Text)];

    [Fact]
    public void WritesCsv()
    {
        using var folder = new TempFolder();
        using (var writer = TableWriter.Create(folder["p.csv"], [.. Columns]))
        {
            writer.SetText(0, "x,\"y\"\nz");
            writer.SetSingle(1, 0.1f);
            writer.SetDouble(2, 0.1);
            writer.EndRow();
            writer.SetSingle(1, float.NaN);
            writer.SetText(0, "");
            writer.SetText(3, "broken");
            writer.EndRow();
            writer.EndRow();
            File.Exists(folder["p.csv"]).ShouldBeFalse();
            writer.Complete();
        }

        File.ReadAllText(folder["p.csv"]).ShouldBe("prediction,\"probability:a,\"\"b\"\"\",value,error\n\"x,\"\"y\"\"\nz\",0.1,0.1,\n\"\",,,broken\n,,,\n");
        Directory.GetFiles(folder.Path).ShouldHaveSingleItem();
    }

    /// <summary>Long ones, and short ones about the 12 bytes that DuckDB keeps in place.</summary>
    private static string TextOf(int i) => i % 2 == 0 ? $"class \"{i % 3}\"; ü😀 {new string('x', i % 40)}" : new string('x', i / 2 % 15) + "ü";

    [Theory]
    [InlineData("p.csv")]
    [InlineData("p.parquet")]
    public void WhatIsWrittenIsRead(string name)
    {
        const int rows = 5000;
        using var folder = new TempFolder();
        using (var writer = TableWriter.Create(folder[name], [.. Columns]))
        {
            for (var i = 0; i < rows; i++)
            {
                if (i % 7 != 0)
                    writer.SetText(0, TextOf(i));
                writer.SetSingle(1, i / 7f);
                writer.SetDouble(2, i % 5 == 0 ? double.NaN : i / 7.0);
                writer.EndRow();
            }

            writer.Complete();
        }

        using var source = DataSource.Open(folder[name]);
        ColumnSpec[] columns = [.. Columns.Select(c => new ColumnSpec(c.Name, c.Kind == OutputKind.Text ? ColumnKind.Text : ColumnKind.Numeric, ColumnRole.Feature, 1, ""))];
        var batch = source.Records([.. columns], rows * 2).ShouldHaveSingleItem();
        batch.Rows.RowCount.ShouldBe(rows);
        for (var i = 0; i < rows; i++)
        {
            ((TextColumn)batch.Rows["prediction"]).Values[i].ShouldBe(i % 7 == 0 ? null : TextOf(i));
            ((float)((NumericColumn)batch.Rows.Columns[1]).Values[i]).ShouldBe(i / 7f);
            ((NumericColumn)batch.Rows["value"]).Values[i].ShouldBe(i % 5 == 0 ? double.NaN : i / 7.0);
        }

        ((TextColumn)batch.Rows["error"]).Values.ToArray().ShouldAllBe(v => v == null);
    }

    [Theory]
    [InlineData("p.csv")]
    [InlineData("p.parquet")]
    public void NothingIsLeftOfATableThatIsNotCompleted(string name)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder[name], "before");
        using (var writer = TableWriter.Create(folder[name], [.. Columns]))
            writer.EndRow();
        Directory.GetFiles(folder.Path).ShouldBe([folder[name]]);
        File.ReadAllText(folder[name]).ShouldBe("before");
    }

    [Fact]
    public void AWrongKindIsRefusedByParquet()
    {
        using var folder = new TempFolder();
        using var writer = TableWriter.Create(folder["p.parquet"], [.. Columns]);
        Should.Throw<ArgumentException>(() => writer.SetDouble(0, 1));
    }
}
