using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AlgoFactory.Torch.Protocol;

/// <summary>What a message is.</summary>
public enum MessageKind : byte
{
    /// <summary>Worker: a <see cref="WorkerHello"/>.</summary>
    Hello = 1,

    /// <summary>Host: a <see cref="TrainingJob"/>.</summary>
    Job = 2,

    /// <summary>Either: bytes or floats that belong to the message before.</summary>
    Data = 3,

    /// <summary>Worker: a <see cref="StepReport"/>.</summary>
    Step = 4,

    /// <summary>Worker: a <see cref="JobResult"/>.</summary>
    Result = 5,

    /// <summary>Worker: why the job failed, in a sentence.</summary>
    Failure = 6,
}

/// <summary>
/// The local pipe between a host and its worker: messages of a kind (1 byte), a length (4 bytes, little-endian) and as many
/// bytes of JSON or of little-endian numbers. Both sides are of one build; <see cref="Version"/> says so.
/// </summary>
public sealed class MessageStream(Stream from, Stream to)
{
    /// <summary>The protocol's version.</summary>
    public const int Version = 2;

    /// <summary>The longest message; data comes in pieces.</summary>
    private const int MaxLength = 64 << 20;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly byte[] _head = new byte[5];

    /// <summary>Sends a document.</summary>
    public void Send<T>(MessageKind kind, T document)
    {
        Write(kind, JsonSerializer.SerializeToUtf8Bytes(document, Json));
        to.Flush();
    }

    /// <summary>Sends numbers.</summary>
    public void SendData<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(values);
        while (bytes.Length > 0)
        {
            var piece = bytes[..Math.Min(bytes.Length, MaxLength)];
            Write(MessageKind.Data, piece);
            bytes = bytes[piece.Length..];
        }

        to.Flush();
    }

    /// <summary>The next message; null at the pipe's end.</summary>
    /// <exception cref="InvalidDataException">What came is no message.</exception>
    public (MessageKind Kind, byte[] Body)? Receive()
    {
        var read = from.ReadAtLeast(_head, _head.Length, throwOnEndOfStream: false);
        if (read < _head.Length)
            return null;
        var length = BinaryPrimitives.ReadInt32LittleEndian(_head.AsSpan(1));
        if (length is < 0 or > MaxLength || !Enum.IsDefined((MessageKind)_head[0]))
            throw new InvalidDataException("What came through the pipe is no message of this protocol.");
        var body = new byte[length];
        return from.ReadAtLeast(body, length, throwOnEndOfStream: false) == length ? ((MessageKind)_head[0], body) : null;
    }

    /// <summary>Numbers that must come next.</summary>
    /// <exception cref="InvalidDataException">Something else came, or more of them.</exception>
    /// <exception cref="EndOfStreamException">The other side is gone.</exception>
    public T[] ReceiveData<T>(int count)
        where T : unmanaged
    {
        var values = new T[count];
        var left = MemoryMarshal.AsBytes(values.AsSpan());
        while (left.Length > 0)
        {
            var (kind, body) = Receive() ?? throw new EndOfStreamException("The other side of the pipe is gone.");
            if (kind != MessageKind.Data || body.Length > left.Length)
                throw new InvalidDataException($"{kind} of {body.Length} bytes came where {left.Length} bytes of data were awaited.");
            body.CopyTo(left);
            left = left[body.Length..];
        }

        return values;
    }

    /// <summary>A message's document.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static T Read<T>(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(body, Json) ?? throw new InvalidDataException("A message of the pipe is empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"A message of the pipe is not what it should be: {e.Message}");
        }
    }

    private void Write(MessageKind kind, ReadOnlySpan<byte> body)
    {
        Span<byte> head = stackalloc byte[5];
        head[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(head[1..], body.Length);
        to.Write(head);
        to.Write(body);
    }
}
