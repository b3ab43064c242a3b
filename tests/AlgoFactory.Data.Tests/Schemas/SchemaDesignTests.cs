using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Schemas;

public class SchemaDesignTests
{
    private const string Header = "id,age,city,paid,grade,score,note,fixed,w\n";

    [Theory]
    [InlineData("paid", "auto", "binary", ColumnKind.Categorical)]
    [InlineData("city", "auto", "multiclass", ColumnKind.Categorical)]
    [InlineData("grade", "auto", "multiclass", ColumnKind.Categorical)]
    [InlineData("grade", "regression", "regression", ColumnKind.Numeric)]
    [InlineData("score", "auto", "regression", ColumnKind.Numeric)]
    [InlineData("age", "multiclass", "multiclass", ColumnKind.Categorical)]
    [InlineData("paid", "multiclass", "binary", ColumnKind.Categorical)]
    [InlineData("id", "regression", "regression", ColumnKind.Numeric)]
    public void SettlesTaskAndLabel(string label, string asked, string task, ColumnKind kind)
    {
        var decision = SchemaDesign.Decide(Describe(), label, asked, [], []);
        decision.Task.ShouldBe(task);
        decision.Schema.Target.ShouldBe(label);
        decision.Schema.Find(label)!.ShouldSatisfyAllConditions(c => c.Kind.ShouldBe(kind), c => c.Role.ShouldBe(ColumnRole.Label));
    }

    [Theory]
    [InlineData("agee", "auto", "The table has no column 'agee' (did you mean 'age'?).")]
    [InlineData("fixed", "auto", "The label 'fixed' has the same value, or none, in every row: there is nothing to learn.")]
    [InlineData("city", "regression", "Regression needs a label of numbers, and 'city' is not one")]
    [InlineData("city", "binary", "A binary task needs two classes, and 'city' has 4 distinct values")]
    [InlineData("note", "auto", "The label 'note' is no class and no number")]
    [InlineData("id", "multiclass", "'id' has 1,200 distinct values, and a classification 1,000 classes at most")]
    [InlineData("paid", "ranking", "There is no task 'ranking'; choose auto, binary, multiclass or regression.")]
    public void RefusesTheImpossible(string label, string task, string sentence) =>
        Should.Throw<DataFormatException>(() => SchemaDesign.Decide(Describe(), label, task, [], [])).Message.ShouldStartWith(sentence);

    [Fact]
    public void AppliesWhatTheUserSays()
    {
        var schema = SchemaDesign.Decide(
            Describe(), "paid", "auto", ["city"],
            [new("w", null, ColumnRole.Weight), new("grade", ColumnKind.Categorical, null), new("id", ColumnKind.Numeric, null), new("note", null, ColumnRole.Group)]).Schema;
        schema.Find("city")!.Role.ShouldBe(ColumnRole.Ignore);
        schema.Find("w")!.Role.ShouldBe(ColumnRole.Weight);
        schema.Find("grade")!.ShouldSatisfyAllConditions(c => c.Kind.ShouldBe(ColumnKind.Categorical), c => c.Reason.ShouldStartWith("set by the user"));
        schema.Find("id")!.ShouldSatisfyAllConditions(c => c.Kind.ShouldBe(ColumnKind.Numeric), c => c.Role.ShouldBe(ColumnRole.Feature));
        schema.Find("note")!.ShouldSatisfyAllConditions(c => c.Kind.ShouldBe(ColumnKind.Categorical), c => c.Role.ShouldBe(ColumnRole.Group));
        schema.Find("fixed")!.Role.ShouldBe(ColumnRole.Ignore);
    }

    [Fact]
    public void ABooleanIsMadeOfTwoValues()
    {
        var schema = SchemaDesign.Decide(Describe("x,y\n" + string.Concat(Enumerable.Range(0, 50).Select(i => $"{(i % 3 == 0 ? "in" : "out")},{i % 2 + 1}\n"))), "y", "auto", [], [new("x", ColumnKind.Boolean, null)]).Schema;
        schema.Find("x")!.Levels.ShouldBe(["in", "out"]);
    }

    [Fact]
    public void RefusesRolesThatDoNotFit()
    {
        Refused([], [new("city", null, ColumnRole.Weight)]).ShouldStartWith("The weight column 'city' must hold numbers");
        Refused([], [new("id", null, ColumnRole.Feature)]).ShouldStartWith("Column 'id' names the rows");
        Refused([], [new("age", null, ColumnRole.Label)]).ShouldBe("Both 'paid' and 'age' are to be the label; choose one.");
        Refused([], [new("paid", null, ColumnRole.Weight)]).ShouldBe("The label 'paid' cannot have another role too.");
        Refused(["paid"], []).ShouldBe("The label 'paid' cannot be ignored.");
        Refused([], [new("w", null, ColumnRole.Weight), new("age", null, ColumnRole.Weight)]).ShouldStartWith("There can be one weight column, not 2");
        Refused([], [new("city", ColumnKind.Boolean, null)]).ShouldBe("Column 'city' cannot be boolean: it has 4 distinct values, not two.");
        Refused(["agge"], []).ShouldContain("did you mean 'age'");
        Refused(["age", "city", "grade", "score", "note", "w"], []).ShouldStartWith("No column is left to learn from");
    }

    [Fact]
    public void LabelLevelsAreSortedWhateverTheRowsOrder()
    {
        using var folder = new TempFolder();
        using var source = DataSource.Open(folder.Write("t.csv", "x,n,k\n" + string.Concat(Enumerable.Range(0, 40).Select(i => $"{i % 7}.5,{(i * 3 + 2) % 10 + 1},{"zya"[i % 3]}\n"))));
        source.Load(SchemaDesign.Decide(source.Describe(), "n", "multiclass", [], []).Schema).Schema.Find("n")!.Levels
            .ShouldBe(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
        var table = source.Load(SchemaDesign.Decide(source.Describe(), "k", "auto", [], []).Schema);
        table.Schema.Find("k")!.Levels.ShouldBe(["a", "y", "z"]);
        ((CategoryColumn)table.Frame["k"]).Codes[..3].ToArray().ShouldBe([2, 1, 0]);
    }

    private static string Refused(string[] ignore, ColumnChoice[] choices) =>
        Should.Throw<DataFormatException>(() => SchemaDesign.Decide(Describe(), "paid", "auto", ignore, choices)).Message;

    private static TableDescription Describe() => Describe(Header + string.Concat(Enumerable.Range(0, 1200).Select(i =>
        $"{i + 1},{i * 7 % 61},{"abcd"[i % 4]},{(i % 2 == 0 ? "yes" : "no")},{i % 5},{i * 0.1 + 0.05:0.00},the {i}th thing that was said,k,{i % 3 + 1}.5\n")));

    private static TableDescription Describe(string csv)
    {
        using var folder = new TempFolder();
        using var source = DataSource.Open(folder.Write("t.csv", csv));
        return source.Describe();
    }
}
