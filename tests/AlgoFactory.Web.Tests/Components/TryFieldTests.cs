using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Web.Components.Models;

namespace AlgoFactory.Web.Tests.Components;

/// <summary>The fields of the form that tries a model, and the command made of them.</summary>
public sealed class TryFieldTests
{
    private static readonly ColumnSpec[] Columns =
    [
        Column("age", ColumnKind.Numeric),
        Column("price", ColumnKind.Numeric),
        Column("city", ColumnKind.Categorical) with { Levels = ["Bern", "Aarau"] },
        Column("since", ColumnKind.DateTime) with { DateFormat = "dd.MM.yyyy" },
        Column("it's", ColumnKind.Text),
    ];

    private static readonly DatasetProfile Profile = new(100,
    [
        new ColumnProfile("age", ColumnKind.Numeric, 100, 0, 50) { Quantiles = [17, 18, 20, 28, 36.5, 48, 60, 70, 90] },
        new ColumnProfile("price", ColumnKind.Numeric, 100, 0, 90) { Quantiles = [0.1, 0.2, 0.3, 0.5, 1.25, 2.5, 3.5, 4.5, 9.5] },
        new ColumnProfile("city", ColumnKind.Categorical, 100, 0, 2) { TopLevels = [new LevelCount("Aarau", 70), new LevelCount("Bern", 30)] },
        new ColumnProfile("since", ColumnKind.DateTime, 100, 0, 50) { Quantiles = [0, 0, 0, 0, 86_400, 0, 0, 0, 0] },
        new ColumnProfile("it's", ColumnKind.Text, 100, 0, 100),
    ]);

    [Fact]
    public void Typical_values_are_such_as_the_column_has()
    {
        var fields = TryField.Of([.. Columns], Profile);
        fields.Select(f => f.Typical).ShouldBe(["36", "1.25", "Aarau", "02.01.1970", ""]);
        fields[2].Levels.ShouldBe(["Aarau", "Bern"], "the frequent level stands first");
    }

    [Fact]
    public void A_column_without_a_profile_is_an_empty_field() =>
        TryField.Of([Column("new", ColumnKind.Numeric)], new DatasetProfile(0, [])).ShouldHaveSingleItem().Typical.ShouldBeEmpty();

    [Fact]
    public void The_command_is_safe_to_paste_whatever_the_names_are()
    {
        var command = CurlSnippet.Make("http://host:5080", "/api/models/m/predict", TryField.Of([.. Columns], Profile));
        command.ShouldContain("curl http://host:5080/api/models/m/predict");
        command.ShouldContain("""{"rows": [{"age": 36, "price": 1.25, "city": "Aarau", "since": "02.01.1970", "it'\''s": null}]}""");
    }

    private static ColumnSpec Column(string name, ColumnKind kind) => new(name, kind, ColumnRole.Feature, 1, "");
}
