using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning.Features;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Features;

/// <summary>What a column is said to become, against what it becomes.</summary>
public sealed class FeatureWidthTests
{
    public static TheoryData<FeatureNeeds> Needs => [.. Enum.GetValues<FeatureNeeds>().Except([FeatureNeeds.Interactions])];

    [Theory, MemberData(nameof(Needs))]
    public void Columns_become_as_many_features_as_was_said(FeatureNeeds needs)
    {
        foreach (var kind in SyntheticTable.Kinds)
            // A number of extreme skew comes twice, or not.
            Compare(SyntheticTable.Create(kind, 1500), needs, except: "tail");
    }

    [Theory, MemberData(nameof(Needs))]
    public void Images_and_texts_become_as_many_features_as_was_said(FeatureNeeds needs) =>
        Compare(Multimodal.Sum(TaskKind.Binary, 8, 1), needs, except: "");

    private static void Compare(SyntheticTable table, FeatureNeeds needs, string except)
    {
        var made = table.TrainingSet(needs).Pipeline.DenseFeatures.CountBy(f => f.Source).ToDictionary();
        foreach (var column in table.Schema.Features.Where(c => c.Name != except))
        {
            var (said, found) = (FeatureWidth.Of(column, Profile(table.Frame[column.Name], column.Kind), needs, table.Task), made.GetValueOrDefault(column.Name));
            // A text of few words has fewer components.
            found.ShouldBeInRange(column.Name == "text" && needs is FeatureNeeds.Codes or FeatureNeeds.Levels ? Math.Min(said, 7) : said, said, $"{column.Name} of a {table.Task.Kind} task");
        }
    }

    private static ColumnProfile Profile(Column column, Data.Schemas.ColumnKind kind)
    {
        var missing = Enumerable.Range(0, column.Length).Count(column.IsMissing);
        var distinct = column is CategoryColumn categories ? categories.Codes.ToArray().Where(c => c != CategoryColumn.Missing).Distinct().Count() : column.Length;
        return new ColumnProfile(column.Name, kind, column.Length - missing, missing, distinct);
    }
}
