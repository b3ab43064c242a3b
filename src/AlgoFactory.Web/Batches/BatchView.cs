using System.Collections.Immutable;
using AlgoFactory.Hosting.Batches;
using AlgoFactory.Hosting.Prediction;

namespace AlgoFactory.Web.Batches;

/// <summary>A file that is scored, or was.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Deployment">The deployment that was asked.</param>
/// <param name="Model">The model that scores, whatever is deployed meanwhile.</param>
/// <param name="Version">Its version.</param>
/// <param name="Hash">That version's hash.</param>
/// <param name="Name">The name of the file that is scored.</param>
/// <param name="Format"><c>csv</c> or <c>parquet</c>: what is written.</param>
/// <param name="Options">What is written beside the predictions.</param>
/// <param name="State">How far it is.</param>
/// <param name="Rows">Records read so far, one written for each.</param>
/// <param name="Errors">Those that could not be read: they have no prediction, and the column <c>error</c> says why.</param>
/// <param name="Warnings">Things to know about the file.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="CreatedBy">The name of the key that asked.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="EndedAt">When it ended.</param>
public sealed record BatchView(
    string Id, string Deployment, string Model, int Version, string Hash, string Name, string Format, ScoredFileOptions Options, BatchState State, long Rows, long Errors,
    ImmutableArray<string> Warnings, string? Error, DateTimeOffset CreatedAt, string CreatedBy, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt)
{
    internal static BatchView Of(BatchRecord record) => new(
        record.Id, record.Deployment, record.Model, record.Version, record.Hash, record.Name, record.Format, record.Options, record.State, record.Rows, record.Errors,
        record.Warnings, record.Error, record.CreatedAt, record.CreatedBy, record.StartedAt, record.EndedAt);

    /// <summary>Whether it waits or runs.</summary>
    internal bool IsOpen => State is BatchState.Queued or BatchState.Running;
}
