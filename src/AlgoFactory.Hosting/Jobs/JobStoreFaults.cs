using AlgoFactory.Storage;
using Microsoft.Data.Sqlite;
using Npgsql;
using Quartz;

namespace AlgoFactory.Hosting.Jobs;

/// <summary>Turns the scheduler's faults into the one sentence for the operator.</summary>
public static class JobStoreFaults
{
    private const int SqliteFull = 13;

    /// <summary>The operator's error.</summary>
    public static StorageException Translate(SchedulerException fault) => new(
        $"The job queue cannot be read or written ({Innermost(fault).Message.ReplaceLineEndings(" ")}). On one machine it is the file 'jobs.db' in the data folder; " +
        "if that is damaged, remove it and start again: what waits is queued anew.",
        fault)
    {
        IsDiskFull = Innermost(fault) is SqliteException { SqliteErrorCode: SqliteFull } or PostgresException { SqlState: PostgresErrorCodes.DiskFull },
    };

    private static Exception Innermost(Exception fault) => fault.GetBaseException();
}
