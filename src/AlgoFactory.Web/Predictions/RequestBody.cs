using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.IO.Pipelines;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Web.Errors;

namespace AlgoFactory.Web.Predictions;

/// <summary>Reads a request's body whole, within limits of bytes and time, and unpacks it.</summary>
internal static class RequestBody
{
    /// <summary>Reads the body. It stays in the pipe: advance the reader to its end when it is used no more.</summary>
    /// <exception cref="RefusedException">413: too large; 408: too slow.</exception>
    public static ValueTask<ReadOnlySequence<byte>> ReadAsync(HttpContext context, int maxBytes, RequestDeadline deadline)
    {
        if (context.Request.ContentLength > maxBytes)
            throw TooLarge(maxBytes);
        RequestSize.LeaveToHandler(context);
        // A small body comes in one piece with its head: nothing has to wait, and no timer is needed.
        var reader = context.Request.BodyReader;
        var first = reader.ReadAsync();
        if (!first.IsCompletedSuccessfully)
            return ReadOnAsync(reader, first, maxBytes, deadline);
        var read = first.Result;
        if (!read.IsCompleted || read.Buffer.Length > maxBytes)
            return ReadOnAsync(reader, ValueTask.FromResult(read), maxBytes, deadline);
        return ValueTask.FromResult(read.Buffer);
    }

    /// <summary>The body as it was before it was packed. Dispose it when it is used no more.</summary>
    /// <exception cref="RefusedException">415: packed in another way; 400: broken; 413: too large when unpacked.</exception>
    public static Content Decode(HttpRequest request, ReadOnlySequence<byte> body, int maxBytes)
    {
        var encoding = request.Headers.ContentEncoding;
        if (encoding.Count == 0 || encoding is ["identity"])
            return new Content(body, null);
        Func<Stream, Stream> unpack = encoding.ToString().ToLowerInvariant() switch
        {
            "gzip" or "x-gzip" => packed => new GZipStream(packed, CompressionMode.Decompress),
            "deflate" => packed => new ZLibStream(packed, CompressionMode.Decompress),
            "br" => packed => new BrotliStream(packed, CompressionMode.Decompress),
            _ => throw new RefusedException(415, $"The content encoding '{encoding}' is not accepted here; send gzip, deflate, br or none."),
        };
        using var from = unpack(PipeReader.Create(body).AsStream());
        var bytes = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(body.Length * 4, 4096, Math.Max(4096, maxBytes)));
        var length = 0;
        try
        {
            // One byte more than is allowed is unpacked, and never more: a bomb stays small.
            for (int read; (read = from.Read(bytes.AsSpan(length))) > 0;)
            {
                length += read;
                if (length > maxBytes)
                    throw TooLarge(maxBytes);
                if (length == bytes.Length)
                    bytes = Larger(bytes, maxBytes);
            }
        }
        catch (InvalidDataException e)
        {
            ArrayPool<byte>.Shared.Return(bytes);
            throw RefusedException.Invalid($"The body cannot be unpacked as the content encoding '{encoding}' says: {e.Message}");
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(bytes);
            throw;
        }

        return new Content(new ReadOnlySequence<byte>(bytes, 0, length), bytes);
    }

    private static byte[] Larger(byte[] bytes, int maxBytes)
    {
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(2L * bytes.Length, Math.Max(bytes.Length, (long)maxBytes) + 1));
        bytes.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(bytes);
        return larger;
    }

    private static async ValueTask<ReadOnlySequence<byte>> ReadOnAsync(
        PipeReader reader, ValueTask<ReadResult> pending, int maxBytes, RequestDeadline deadline)
    {
        using var timer = new Timer(static reader => ((PipeReader)reader!).CancelPendingRead(), reader, Positive(deadline.Left), Timeout.InfiniteTimeSpan);
        while (true)
        {
            var read = await pending;
            if (read.Buffer.Length > maxBytes)
            {
                reader.AdvanceTo(read.Buffer.End);
                throw TooLarge(maxBytes);
            }

            if (read.IsCompleted)
                return read.Buffer;
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCanceled)
                throw new RefusedException(408, $"The request's body did not arrive within {deadline.Limit.TotalMilliseconds:F0} ms.");
            pending = reader.ReadAsync();
        }
    }

    private static TimeSpan Positive(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.Zero;

    private static RefusedException TooLarge(int maxBytes) => RefusedException.TooLarge(
        string.Create(CultureInfo.InvariantCulture, $"The request is larger than {maxBytes:N0} bytes, the limit that this server sets (AlgoFactory:Predictions:MaxBytes); send the rows in several requests."));

    /// <summary>A body's bytes, and the array they lie in when it was unpacked.</summary>
    internal readonly struct Content(ReadOnlySequence<byte> bytes, byte[]? rented) : IDisposable
    {
        public ReadOnlySequence<byte> Bytes => bytes;

        public void Dispose()
        {
            if (rented is not null)
                ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
