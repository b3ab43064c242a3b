using System.Data.Common;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace AlgoFactory.Storage.Contexts;

/// <summary>Tells faults that an operator must mend from faults of the program.</summary>
internal static class DatabaseFaults
{
    // https://www.sqlite.org/rescode.html
    private const int SqliteError = 1, SqliteBusy = 5, SqliteLocked = 6, SqliteReadOnly = 8, SqliteIo = 10, SqliteCorrupt = 11, SqliteFull = 13, SqliteCannotOpen = 14, SqliteNotADatabase = 26;

    /// <summary>The operator's sentence, or null when the fault is the program's own.</summary>
    public static string? Sentence(Exception fault, StorageOptions options) => Find(fault) switch
    {
        SqliteException sqlite => SqliteSentence(sqlite, options),
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => "The disk of the PostgreSQL server is full; make room there, nothing was changed.",
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } missing =>
            $"PostgreSQL says: {missing.MessageText}; create the database first (CREATE DATABASE …), or correct AlgoFactory:Database:ConnectionString.",
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } refused =>
            $"PostgreSQL refused the connection: {refused.MessageText}; check the user and password of AlgoFactory:Database:ConnectionString.",
        PostgresException => null,
        NpgsqlException lost when lost.InnerException is SocketException or IOException or TimeoutException =>
            $"The PostgreSQL server does not answer ({lost.InnerException.Message}); check that it runs and that AlgoFactory:Database:ConnectionString names its host and port.",
        _ => null,
    };

    /// <summary>The operator's error, or null when the fault is the program's own.</summary>
    public static StorageException? Translate(Exception fault, StorageOptions options) => Sentence(fault, options) is { } sentence
        ? new StorageException(sentence, fault)
        {
            IsDiskFull = Find(fault) is SqliteException { SqliteErrorCode: SqliteFull } or PostgresException { SqlState: PostgresErrorCodes.DiskFull },
        }
        : null;

    private static string? SqliteSentence(SqliteException fault, StorageOptions options)
    {
        var file = new SqliteConnectionStringBuilder(options.ConnectionString).DataSource;
        return fault.SqliteErrorCode switch
        {
            SqliteFull => $"The disk that holds '{file}' is full; make room, nothing was changed.",
            SqliteReadOnly => $"The metadata database '{file}' cannot be written; give the service's user write access to the file and its folder.",
            SqliteCannotOpen => $"The metadata database '{file}' cannot be opened; check that its folder exists and that the service's user may write there.",
            SqliteIo => $"The disk that holds '{file}' reported a fault ({fault.SqliteExtendedErrorCode}); check that it is not full and is sound.",
            SqliteCorrupt or SqliteNotADatabase => $"The file '{file}' is no sound SQLite database; restore it from a backup.",
            SqliteBusy or SqliteLocked => $"The metadata database '{file}' stayed locked by another program; close whatever keeps it open and try again.",
            // Tables are only ever made at the start: whoever opens a file that was taken away makes an empty one.
            SqliteError when fault.Message.Contains("no such table", StringComparison.Ordinal) =>
                $"The metadata database '{file}' has lost its tables: the file was replaced while the service ran; restore it from a backup and start the service again.",
            _ => null,
        };
    }

    private static DbException? Find(Exception? fault)
    {
        for (; fault is not null; fault = fault.InnerException)
        {
            if (fault is DbException database) return database;
        }

        return null;
    }
}
