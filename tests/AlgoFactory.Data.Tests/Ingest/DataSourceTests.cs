using System.Collections.Immutable;
using System.Text;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Ingest;

public class DataSourceTests
{
    [Fact]
    public void DescribesAndLoadsARealTable()
    {
        using var source = DataSource.Open(TempFolder.Sample("adult.csv"));
        source.Format.ShouldBe("csv");
        var description = source.Describe();
        description.Schema.Columns.Length.ShouldBe(15);
        description.Profile.RowCount.ShouldBe(2000);
        description.Warnings.ShouldBeEmpty();
        description.SuggestedTargets[0].ShouldSatisfyAllConditions(t => t.Column.ShouldBe("income"), t => t.Task.ShouldBe("binary"));

        var decision = SchemaDesign.Decide(description, "income", "auto", [], []);
        var table = source.Load(decision.Schema);
        table.Frame.RowCount.ShouldBe(2000);
        table.Rejects.Count.ShouldBe(0);
        table.Schema.Find("income")!.Levels.ShouldBe(["<=50K", ">50K"]);
        foreach (var column in description.Profile.Columns)
        {
            var loaded = table.Frame[column.Name];
            Enumerable.Range(0, 2000).Count(loaded.IsMissing).ShouldBe((int)column.Missing, column.Name);
        }
    }

    [Fact]
    public void RecordsAreBoundByTheStoredSchemaInAnyColumnOrder()
    {
        using var folder = new TempFolder();
        var schema = Train(folder, "x,k,y\n1,a,0\n2,b,1\n3,a,0\n");
        using var source = DataSource.Open(folder.Write("p.csv", "extra;y;k\nq;9;b\nq;8;c\n"));
        var batch = source.Records([.. schema.Columns], 100).ShouldHaveSingleItem();
        batch.MissingColumns.ShouldBe(["x"]);
        batch.Errors.ShouldBe([null, null]);
        ((CategoryColumn)batch.Rows["k"]).Codes.ToArray().ShouldBe([1, CategoryColumn.Unknown]);
        ((NumericColumn)batch.Rows["y"]).Values.ToArray().ShouldBe([9, 8]);
        Enumerable.Range(0, 2).ShouldAllBe(row => batch.Rows["x"].IsMissing(row));
    }

    [Fact]
    public void OneRecordOutForEachRecordInEvenBrokenOnes()
    {
        using var folder = new TempFolder();
        var schema = Train(folder, "x,k\n1,a\n2,b\n3,a\n");
        using var source = DataSource.Open(folder.Write("p.csv", "x,k\n1,a\n2\n3,\"two\nlines\"\n4,b,c\n\"5,a\nabc,b\n,\n\n7,b\n"));
        var batches = source.Records([.. schema.Columns], 3).ToList();
        batches.Select(b => b.Rows.RowCount).ShouldBe([3, 3, 2]);
        batches.SelectMany(b => b.Errors).ShouldBe(
        [
            null,
            "The record cannot be read: it has 1 fields, not 2.",
            null,
            "The record cannot be read: it has 3 fields, not 2.",
            "The record cannot be read: a quote is opened and never closed.",
            "Column 'x': 'abc' is no number.",
            null,
            null,
        ]);
        batches.SelectMany(b => ((NumericColumn)b.Rows["x"]).Values.ToArray()).ShouldBe([1, double.NaN, 3, double.NaN, double.NaN, double.NaN, double.NaN, 7]);
    }

    [Fact]
    public void AFileWithoutHeaderIsToldByTheSchemasNames()
    {
        using var folder = new TempFolder();
        var schema = Train(folder, "x,k\n1,a\n2,b\n3,a\n");
        using var source = DataSource.Open(folder.Write("p.csv", "4,a\n5,b\n"));
        var batch = source.Records([.. schema.Columns], 100).ShouldHaveSingleItem();
        ((NumericColumn)batch.Rows["x"]).Values.ToArray().ShouldBe([4, 5]);

        using var other = DataSource.Open(folder.Write("q.csv", "u,v\nu,v\n"));
        Should.Throw<DataFormatException>(() => other.Records([.. schema.Columns], 100).ToList())
            .Message.ShouldBe("The file has none of the columns asked for ('x', 'k'); it has 'u', 'v'.");
    }

    [Fact]
    public void NamesThatLookLikeValuesStillAreAHeaderAtPredictionTime()
    {
        using var folder = new TempFolder();
        var columns = new[] { new ColumnSpec("2019", ColumnKind.Numeric, ColumnRole.Feature, 1, ""), new ColumnSpec("7", ColumnKind.Numeric, ColumnRole.Feature, 1, "") };
        using var source = DataSource.Open(folder.Write("p.csv", "2019,7\n5,6\n"));
        var batch = source.Records([.. columns], 10).ShouldHaveSingleItem();
        batch.Rows.RowCount.ShouldBe(1);
        ((NumericColumn)batch.Rows["7"]).Values[0].ShouldBe(6);
    }

    [Fact]
    public void BrokenTrainingRowsAreCountedAndShown()
    {
        using var folder = new TempFolder();
        var path = folder.Write("t.csv", "x,y\n" + string.Concat(Enumerable.Range(0, 97).Select(i => $"{i},{i % 2}\n")) + "1,2,3\n5\n6,\"a\"b\n");
        using var source = DataSource.Open(path);
        var rejects = source.Describe().Rejects;
        rejects.ShouldSatisfyAllConditions(
            r => r.Count.ShouldBe(3),
            r => r.Total.ShouldBe(100),
            r => r.First.ShouldBe(
            [
                new RejectedRecord(99, "it has 3 fields, not 2", "1,2,3"),
                new RejectedRecord(100, "it has 1 fields, not 2", "5"),
                new RejectedRecord(101, "text follows a closing quote", "6,\"a\"b"),
            ]));
        source.Load(source.Describe().Schema).Rejects.Count.ShouldBe(3);

        using var strict = DataSource.Open(path, new ReadOptions { MaxRejectedShare = 0.02 });
        Should.Throw<DataFormatException>(() => strict.Describe())
            .Message.ShouldBe("3 of 100 records are broken (3 %; at most 2 % are allowed): line 99: it has 3 fields, not 2: \"1,2,3\".");
    }

    [Fact]
    public void AnUnclosedQuoteDoesNotSwallowTheRest()
    {
        using var folder = new TempFolder();
        using var source = DataSource.Open(folder.Write("t.csv", "x,y\n" + string.Concat(Enumerable.Range(0, 50).Select(i => i == 10 ? "\"10,a\n" : $"{i},b\n"))));
        var description = source.Describe();
        description.Rejects.First.ShouldHaveSingleItem().Line.ShouldBe(12);
        description.Profile.RowCount.ShouldBe(49);
    }

    [Fact]
    public void ValuesOfAnotherKindAreMissingAndSaidSo()
    {
        using var folder = new TempFolder();
        using var source = DataSource.Open(folder.Write("t.csv", "x,y\n" + string.Concat(Enumerable.Range(0, 100).Select(i => (i % 40 == 3 ? "unknown" : $"{i}.5") + $",{i % 3}\n"))));
        var description = source.Describe();
        description.Schema.Columns[0].ShouldSatisfyAllConditions(c => c.Kind.ShouldBe(ColumnKind.Numeric), c => c.MissingTokens.ShouldBe(["unknown"]));
        description.Warnings.ShouldHaveSingleItem().ShouldBe("Column 'x': 3 values such as 'unknown' count as missing.");
        description.Profile.Columns[0].Missing.ShouldBe(3);
        source.Records(description.Schema.Columns, 1000).Single().Errors.ShouldAllBe(e => e == null);
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("windows-1252")]
    [InlineData("utf-8")]
    public void EveryEncodingGivesTheSameFrame(string name)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        using var folder = new TempFolder();
        var text = "Größe;Ort\n1;Köln\n2;München\n3;Köln\n";
        using var source = DataSource.Open(folder.Write("t.csv", text, Encoding.GetEncoding(name)));
        source.ColumnNames.ShouldBe(["Größe", "Ort"]);
        var frame = source.Load(source.Describe().Schema with { Columns = [.. source.Describe().Schema.Columns.Select(c => c with { Role = ColumnRole.Feature })] }).Frame;
        ((CategoryColumn)frame["Ort"]).Levels.ShouldBe(["Köln", "München"]);
    }

    [Fact]
    public void ANamedEncodingIsUsed()
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        using var folder = new TempFolder();
        var path = folder.Write("t.csv", "a,b\nŁódź,1\nKraków,2\n", Encoding.GetEncoding("windows-1250"));
        using var source = DataSource.Open(path, new ReadOptions { Encoding = "windows-1250" });
        var description = source.Describe();
        description.Profile.Columns[0].TopLevels.Select(l => l.Level).ShouldBe(["Kraków", "Łódź"], ignoreOrder: true);
        using var guessed = DataSource.Open(path);
        guessed.Describe().Warnings[0].ShouldContain("read as windows-1252");
    }

    [Fact]
    public void DecimalCommasAreReadOnRequestAndSeenWithout()
    {
        using var folder = new TempFolder();
        var path = folder.Write("t.csv", "x;y\n" + string.Concat(Enumerable.Range(0, 30).Select(i => $"1.00{i % 10},{i};{i % 2}\n")));
        using var asked = DataSource.Open(path, new ReadOptions { DecimalComma = true });
        var spec = asked.Describe().Schema.Columns[0];
        spec.ShouldSatisfyAllConditions(c => c.Kind.ShouldBe(ColumnKind.Numeric), c => c.DecimalComma.ShouldBeTrue());
        ((NumericColumn)asked.Load(asked.Describe().Schema).Frame["x"]).Values[3].ShouldBe(1003.3);

        using var seen = DataSource.Open(path);
        var description = seen.Describe();
        description.Schema.Columns[0].DecimalComma.ShouldBeTrue();
        description.Warnings.ShouldContain("Column 'x': its numbers are written with a decimal comma.");
        description.Profile.Columns[0].Quantiles[0].ShouldBe(1000);
    }

    [Fact]
    public void TenThousandColumnsAreNoMatter()
    {
        using var folder = new TempFolder();
        var names = Enumerable.Range(0, 10_000).Select(i => $"c{i}").ToArray();
        var path = folder.Write("t.csv", string.Join(',', names) + "\n" + string.Concat(Enumerable.Range(0, 20).Select(r => string.Join(',', names.Select((_, i) => (i * 7 + r * r) % 10)) + "\n")));
        using var source = DataSource.Open(path);
        source.ColumnNames.Length.ShouldBe(10_000);
        source.Load(source.Describe().Schema).Frame.RowCount.ShouldBe(20);
    }

    [Fact]
    public void EndsSoonWhenCancelled()
    {
        using var folder = new TempFolder();
        using var source = DataSource.Open(folder.Write("t.csv", "x,y\n" + string.Concat(Enumerable.Repeat("1,a\n", 100_000))));
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Should.Throw<OperationCanceledException>(() => source.Describe(cancelled.Token));
        Should.Throw<OperationCanceledException>(() => source.Records([new ColumnSpec("x", ColumnKind.Numeric, ColumnRole.Feature, 1, "")], 64, cancelled.Token).Count());
    }

    [Fact]
    public void LoadNamesALackingColumnWithItsNeighbour()
    {
        using var folder = new TempFolder();
        using var source = DataSource.Open(folder.Write("t.csv", "price,y\n1,2\n3,4\n"));
        Should.Throw<DataFormatException>(() => source.Load(new Schema([new ColumnSpec("prize", ColumnKind.Numeric, ColumnRole.Feature, 1, "")], null)))
            .Message.ShouldBe("The file has no column 'prize' (did you mean 'price'?).");
    }

    private static Schema Train(TempFolder folder, string csv)
    {
        using var source = DataSource.Open(folder.Write("train.csv", csv));
        var schema = source.Describe().Schema;
        schema = schema with { Columns = [.. schema.Columns.Select(c => c with { Role = ColumnRole.Feature, Kind = c.Kind == ColumnKind.Constant ? ColumnKind.Categorical : c.Kind })] };
        return source.Load(schema).Schema;
    }

    [Fact]
    public void ReadsRecordsWithADecimalCommaOnRequestWhateverTheSchemaSays()
    {
        using var folder = new TempFolder();
        using var train = DataSource.Open(folder.Write("train.csv", "x,y\n1.5,a\n2.5,b\n"));
        var columns = train.Describe().Schema.Columns.Where(c => c.Name == "x").ToImmutableArray();
        using var source = DataSource.Open(folder.Write("comma.csv", "x;y\n3,25;a\n4;b\n"), new ReadOptions { DecimalComma = true });
        var batch = source.Records(columns, 10).ShouldHaveSingleItem();
        batch.Errors.ShouldAllBe(e => e == null);
        ((NumericColumn)batch.Rows["x"]).Values.ToArray().ShouldBe([3.25, 4]);
    }
}
