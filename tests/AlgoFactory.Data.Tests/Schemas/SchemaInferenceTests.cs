using System.Globalization;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Schemas;

public class SchemaInferenceTests
{
    public static TheoryData<string, Func<int, string>, ColumnKind, string> Columns => new()
    {
        { "age", i => $"{20 + i % 50}", ColumnKind.Numeric, "all 200 values are whole numbers; 50 distinct values" },
        { "weight", i => (i * 0.37 + 0.011 * (i % 7)).ToString("0.000", CultureInfo.InvariantCulture), ColumnKind.Numeric, "all 200 values are numbers; 200 distinct values" },
        { "grade", i => $"{i % 3}", ColumnKind.Numeric, "all 200 values are whole numbers; 3 distinct values" },
        { "flag", i => $"{i % 2}", ColumnKind.Numeric, "all 200 values are whole numbers; 2 distinct values" },
        { "paid", i => i % 3 == 0 ? "Yes" : "No", ColumnKind.Boolean, "all 200 values are 'No' or 'Yes'" },
        { "ok", i => i % 3 == 0 ? "TRUE" : i % 7 == 0 ? "" : "false", ColumnKind.Boolean, "values are 'false' or 'TRUE'" },
        { "sex", i => i % 2 == 0 ? "male" : "female", ColumnKind.Categorical, "2 distinct among 200 values" },
        { "city", i => $"Town {i % 60}", ColumnKind.Categorical, "60 distinct among 200 values" },
        { "none", i => i % 4 == 0 ? "None" : "Some", ColumnKind.Categorical, "2 distinct among 200 values" },
        { "when", i => new DateTime(2020, 1, 1).AddHours(i * 7).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture), ColumnKind.DateTime, "all 200 values are dates or times" },
        { "tag", i => new DateTime(2020, 1, 1).AddDays(i).ToString("dd.MM.yyyy", CultureInfo.InvariantCulture), ColumnKind.DateTime, "dates of the form d.M.yyyy" },
        { "us", i => new DateTime(2020, 1, 1).AddDays(i).ToString("MM/dd/yyyy", CultureInfo.InvariantCulture), ColumnKind.DateTime, "dates of the form M/d/yyyy" },
        { "gb", i => new DateTime(2020, 1, 1).AddDays(i).ToString("dd/MM/yyyy", CultureInfo.InvariantCulture), ColumnKind.DateTime, "dates of the form d/M/yyyy" },
        { "day_number", i => new DateTime(2020, 1, 1).AddDays(i % 90).ToString("yyyyMMdd", CultureInfo.InvariantCulture), ColumnKind.DateTime, "dates of the form yyyyMMdd" },
        { "review", i => $"I bought it {i} days ago and it works very well", ColumnKind.Text, "10 words on average".Replace("10", "11") + ", all different" },
        { "row", i => $"{i + 1}", ColumnKind.Identifier, "count up by one" },
        { "customer_id", i => $"{100_000 + i * 37}", ColumnKind.Identifier, "named like an identifier" },
        { "shuffled", i => $"{i * 77 % 200 + 5000}", ColumnKind.Identifier, "fill one range" },
        { "key", i => new Guid(i, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10).ToString(), ColumnKind.Identifier, "are UUIDs" },
        { "ticket", i => $"A/{i * 13}", ColumnKind.Identifier, "they name the row" },
        { "userId", i => $"{i % 25}", ColumnKind.Categorical, "named like an identifier; 25 distinct values" },
        { "zip", i => $"0{1000 + i % 40}", ColumnKind.Categorical, "codes, not quantities" },
        { "one", _ => "x", ColumnKind.Constant, "the same value" },
        { "empty", _ => "", ColumnKind.Constant, "no row has a value" },
        { "mixed", i => i % 2 == 0 ? $"{i % 10}" : "abc", ColumnKind.Categorical, "texts that repeat" },
        { "sales", i => $"\"{i % 9 + 1},{(i * 7 % 900) + 100}\"", ColumnKind.Numeric, "whole numbers" },
    };

    [Theory]
    [MemberData(nameof(Columns))]
    public void TellsTheKindAndWhy(string name, Func<int, string> value, ColumnKind kind, string reason)
    {
        using var folder = new TempFolder();
        var path = folder.Write("t.csv", $"{name},other\n" + string.Concat(Enumerable.Range(0, 200).Select(i => $"{value(i)},{i % 5}.5\n")));
        using var source = DataSource.Open(path, new ReadOptions { Separator = ',' });
        var description = source.Describe();
        var column = description.Schema.Columns[0];
        column.Kind.ShouldBe(kind, column.Reason);
        column.Reason.ShouldContain(reason);
        column.Role.ShouldBe(kind is ColumnKind.Identifier or ColumnKind.Constant ? ColumnRole.Ignore : ColumnRole.Feature);
        column.Confidence.ShouldBeInRange(0.5, 1);
        var profile = description.Profile.Columns[0];
        (profile.Count + profile.Missing).ShouldBe(200);
        profile.Missing.ShouldBe(name switch { "ok" => Enumerable.Range(0, 200).Count(i => i % 3 != 0 && i % 7 == 0), "empty" => 200, _ => 0 });
    }

    [Fact]
    public void Long_texts_are_texts_however_few_rows_there_are_and_images_no_target()
    {
        using var folder = new TempFolder();
        var image = Convert.ToBase64String(PngFile.Encode(4, 4, 3, (x, y, c) => (byte)(x + y + c)));
        var path = folder.Write("t.csv", "essay,picture,kind\n" + string.Concat(Enumerable.Range(0, 12).Select(i =>
            $"{string.Concat(Enumerable.Repeat($"and {i} more ", 40))},{image},{"ab"[i % 2]}\n")));
        using var source = DataSource.Open(path);
        var description = source.Describe();
        description.Schema.Columns.Select(c => c.Kind).ShouldBe([ColumnKind.Text, ColumnKind.Image, ColumnKind.Categorical]);
        description.SuggestedTargets.Select(s => s.Column).ShouldBe(["kind"]);
    }

    [Fact]
    public void WarnsWhereItCouldBeOtherwise()
    {
        using var folder = new TempFolder();
        var path = folder.Write("t.csv", "d,n,m\n" + string.Concat(Enumerable.Range(0, 60).Select(i => $"{i % 12 + 1:00}/{i % 11 + 1:00}/2020,\"1,{i % 30 + 100}\",{(i % 3 == 0 ? "x" : i)}\n")));
        using var source = DataSource.Open(path);
        source.Describe().Warnings.ShouldBe(
        [
            "Column 'd': the dates are read as M/d/yyyy, but day and month could also be the other way round.",
            "Column 'n': values such as '1,234' are read as 1234; if the comma is a decimal mark, ask for a decimal comma.",
            "Column 'm': 67 % of 60 values are numbers, but too many others are not; it is not read as numeric.",
        ]);
    }

    [Theory]
    [InlineData("flights.csv", "late", "binary")]
    [InlineData("diamonds.csv", "price", "regression")]
    [InlineData("penguins.csv", "species", "multiclass")]
    [InlineData("concrete.csv", "compressive_strength", "regression")]
    [InlineData("sms_spam.csv", "label", "binary")]
    [InlineData("credit_data.csv", "Status", "binary")]
    [InlineData("adult.csv", "income", "binary")]
    public void SuggestsTheTarget(string sample, string target, string task)
    {
        using var source = DataSource.Open(TempFolder.Sample(sample));
        var first = source.Describe().SuggestedTargets[0];
        (first.Column, first.Task).ShouldBe((target, task));
    }

    [Theory]
    [InlineData("letter,a,b,c", "letter")] // the only classes among numbers, before the last column
    [InlineData("kind,a,b,house_value", "house_value")] // a telling name before the only classes
    [InlineData("status,a,b,price", "status")] // a more telling name before the last place
    [InlineData("region,a,b,kind", "kind")]
    public void WeighsNamesClassesAndPlaces(string header, string target)
    {
        using var folder = new TempFolder();
        var names = header.Split(',');
        var path = folder.Write("t.csv", header + "\n" + string.Concat(Enumerable.Range(0, 60).Select(i =>
            string.Join(',', names.Select(n => n is "letter" or "kind" or "status" or "region" ? $"{(char)('a' + i % 3)}" : $"{i % 29 + 0.5}")) + "\n")));
        using var source = DataSource.Open(path);
        var suggested = source.Describe().SuggestedTargets;
        suggested[0].Column.ShouldBe(target);
        suggested.ShouldAllBe(s => s.Reason.Length > 0 && s.Confidence > 0 && s.Confidence <= 1);
    }

    [Fact]
    public void DescribesTheSameTwice()
    {
        using var source = DataSource.Open(TempFolder.Sample("credit_data.csv"));
        System.Text.Json.JsonSerializer.Serialize(source.Describe()).ShouldBe(System.Text.Json.JsonSerializer.Serialize(source.Describe()));
    }
}
