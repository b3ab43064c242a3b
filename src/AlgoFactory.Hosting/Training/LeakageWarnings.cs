using System.Collections.Immutable;
using AlgoFactory.Learning.Explaining;

namespace AlgoFactory.Hosting.Training;

/// <summary>What a training table shows, before anything is learned, that would make scores too good to be true.</summary>
internal static class LeakageWarnings
{
    /// <summary>The findings' sentences.</summary>
    public static IEnumerable<string> Of(TrainingTable table)
    {
        var data = table.Data;
        // Users and items name themselves, and a user meets an item more than once.
        if (table.Task.IsRecommendation)
            yield break;
        ImmutableArray<Data.Schemas.ColumnSpec> columns = [.. data.Schema.Features];
        foreach (var finding in LeakageChecks.Columns(data.Train, columns, table.Task, data.TrainLabels.Span))
            yield return finding.Text;
        // Of groups that stay on one side of every split, copies do, too.
        if (data.Groups.IsEmpty && data.Validation is null && LeakageChecks.Duplicates(data.Train, columns) is { } repeated)
            yield return repeated.Text;
        if (data.Validation is { } validation && LeakageChecks.Shared(data.Train, validation.Frame, columns) is { } shared)
            yield return shared.Text;
    }
}
