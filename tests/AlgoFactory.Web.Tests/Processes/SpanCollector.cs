using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AlgoFactory.Web.Tests.Processes;

/// <summary>A span that has arrived.</summary>
internal sealed record CollectedSpan(string Trace, string Id, string Parent, string Name, Dictionary<string, string> Tags, bool IsError);

/// <summary>
/// A collector of traces as far as a test needs one: takes OTLP's http/protobuf and reads the spans. Fields by number, as
/// opentelemetry-proto's trace.proto gives them.
/// </summary>
internal sealed class SpanCollector : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<CollectedSpan> _spans = new();

    public SpanCollector()
    {
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            Address = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/v1/traces";
        }

        _listener.Prefixes.Add(Address + "/");
        _listener.Start();
        _ = ReceiveAsync();
    }

    public string Address { get; }

    public CollectedSpan[] Spans => [.. _spans];

    public void Dispose() => _listener.Close();

    private async Task ReceiveAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                // ExportTraceServiceRequest → ResourceSpans → ScopeSpans → Span.
                foreach (var resource in Fields(body.ToArray(), 1))
                    foreach (var scope in Fields(resource, 2))
                        foreach (var span in Fields(scope, 2))
                            _spans.Enqueue(Span(span));
                context.Response.ContentType = "application/x-protobuf";
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }

    private static CollectedSpan Span(byte[] span) => new(
        Hex(span, 1), Hex(span, 2), Hex(span, 4), Encoding.UTF8.GetString(Fields(span, 5).First()),
        Fields(span, 9).ToDictionary(a => Encoding.UTF8.GetString(Fields(a, 1).First()), a => Value(Fields(a, 2).First())),
        Fields(span, 15).Any(status => Numbers(status, 3).FirstOrDefault() == 2));

    // AnyValue: a text is field 1, a whole number field 3.
    private static string Value(byte[] any) => Fields(any, 1).Select(Encoding.UTF8.GetString).FirstOrDefault() ?? Numbers(any, 3).FirstOrDefault().ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string Hex(byte[] message, int field) => Convert.ToHexStringLower(Fields(message, field).FirstOrDefault() ?? []);

    private static IEnumerable<byte[]> Fields(byte[] message, int field) => Read(message).Where(f => f.Field == field && f.Bytes is not null).Select(f => f.Bytes!);

    private static IEnumerable<ulong> Numbers(byte[] message, int field) => Read(message).Where(f => f.Field == field && f.Bytes is null).Select(f => f.Number);

    private static List<(int Field, ulong Number, byte[]? Bytes)> Read(byte[] message)
    {
        var fields = new List<(int, ulong, byte[]?)>();
        var at = 0;
        while (at < message.Length)
        {
            var key = Varint(message, ref at);
            var field = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    fields.Add((field, Varint(message, ref at), null));
                    break;
                case 1:
                    fields.Add((field, BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(at)), null));
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message, ref at);
                    fields.Add((field, 0, message[at..(at + length)]));
                    at += length;
                    break;
                default:
                    fields.Add((field, BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(at)), null));
                    at += 4;
                    break;
            }
        }

        return fields;
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = message[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return value;
        }
    }
}
