using System.Runtime.InteropServices;

namespace AlgoFactory.Data.Ingest.Native;

/// <summary><c>duckdb_state</c>.</summary>
internal enum DuckDbState
{
    /// <summary>It worked.</summary>
    Success = 0,

    /// <summary>It did not; the object asked has the reason.</summary>
    Error = 1,
}

/// <summary><c>duckdb_type</c>: those that are read as they are. All others are cast in the query.</summary>
internal enum DuckDbType
{
    Invalid = 0,
    Boolean = 1,
    TinyInt = 2,
    SmallInt = 3,
    Integer = 4,
    BigInt = 5,
    UTinyInt = 6,
    USmallInt = 7,
    UInteger = 8,
    UBigInt = 9,
    Float = 10,
    Double = 11,
    Timestamp = 12,
    Date = 13,
    HugeInt = 16,
    Varchar = 17,
    Decimal = 19,
    TimestampS = 20,
    TimestampMs = 21,
    TimestampNs = 22,
    TimestampTz = 31,
    UHugeInt = 32,
}

/// <summary><c>duckdb_result</c>: opaque, passed by value to some functions.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DuckDbResult
{
    private ulong _columnCount;
    private ulong _rowCount;
    private ulong _rowsChanged;
    private nint _columns;
    private nint _error;
    private nint _internal;
}

/// <summary><c>duckdb_string_t</c>: up to 12 bytes stand inside, longer ones behind a pointer.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal unsafe struct DuckDbString
{
    private const int LongestInline = 12;

    private uint _length;
    private uint _prefix;
    private byte* _pointer;

    /// <summary>The bytes of the string at this place; valid as long as its chunk.</summary>
    public static ReadOnlySpan<byte> Read(DuckDbString* at) =>
        new(at->_length <= LongestInline ? (byte*)&at->_prefix : at->_pointer, (int)at->_length);
}

/// <summary>Owns a <c>duckdb_database</c>.</summary>
internal sealed class DatabaseHandle : SafeHandle
{
    public DatabaseHandle(nint database) : base(0, ownsHandle: true) => SetHandle(database);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        DuckDbApi.Close(ref handle);
        return true;
    }
}

/// <summary>Owns a <c>duckdb_connection</c>.</summary>
internal sealed class ConnectionHandle : SafeHandle
{
    public ConnectionHandle(nint connection) : base(0, ownsHandle: true) => SetHandle(connection);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        DuckDbApi.Disconnect(ref handle);
        return true;
    }
}
