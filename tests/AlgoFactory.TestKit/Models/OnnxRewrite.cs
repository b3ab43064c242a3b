using System.Text;
using Google.Protobuf;

namespace AlgoFactory.TestKit.Models;

/// <summary>Changes ONNX files in ways that our writer does not write.</summary>
public static class OnnxRewrite
{
    /// <summary>Drops the node whose only input is <paramref name="value"/> and output <paramref name="output"/>, and lets the value's node make the output itself.</summary>
    public static byte[] Join(byte[] file, string value, string output) => Message(file, (field, bytes) => field == 7
        ? Message(bytes, (inner, node) => inner != 1 ? node : Texts(node, 1) is [var one] && one == value && Texts(node, 2) is [var made] && made == output
            ? null
            : Message(node, (at, text) => at == 2 && Encoding.UTF8.GetString(text) == value ? Encoding.UTF8.GetBytes(output) : text))
        : bytes);

    private static string[] Texts(byte[] message, int field)
    {
        var texts = new List<string>();
        Message(message, (at, bytes) =>
        {
            if (at == field)
                texts.Add(Encoding.UTF8.GetString(bytes));
            return bytes;
        });
        return [.. texts];
    }

    private static byte[] Message(byte[] message, Func<int, byte[], byte[]?> change)
    {
        using var input = new CodedInputStream(message);
        using var memory = new MemoryStream();
        using (var output = new CodedOutputStream(memory, leaveOpen: true))
            while (input.ReadTag() is var tag and not 0)
            {
                var field = WireFormat.GetTagFieldNumber(tag);
                switch (WireFormat.GetTagWireType(tag))
                {
                    case WireFormat.WireType.LengthDelimited:
                        if (change(field, input.ReadBytes().ToByteArray()) is { } bytes)
                        {
                            output.WriteTag(tag);
                            output.WriteBytes(ByteString.CopyFrom(bytes));
                        }

                        break;
                    case WireFormat.WireType.Varint:
                        output.WriteTag(tag);
                        output.WriteUInt64(input.ReadUInt64());
                        break;
                    default:
                        output.WriteTag(tag);
                        output.WriteFixed32(input.ReadFixed32());
                        break;
                }
            }

        return memory.ToArray();
    }
}
