using System.Buffers;
using System.Text;
using AlgoFactory.Serving.Prediction;
using Shouldly;
using Xunit;

namespace AlgoFactory.Serving.Tests.Prediction;

public sealed class StickyKeyTests
{
    [Theory]
    [InlineData("""{"rows":[{"key":"a column's"}],"key":"customer 7"}""", false, "customer 7")]
    [InlineData("""{"key":42,"rows":[]}""", false, "42")]
    [InlineData("""{"key":"42","rows":[]}""", false, "42")]
    [InlineData("""{"key":"K\u00f6ln","rows":[]}""", false, "Köln")]
    [InlineData("""{"key":null,"rows":[]}""", false, "")]
    [InlineData("""{"rows":[{"x":1}]}""", false, "")]
    [InlineData("""{"parameters":{"x":[1],"key":"k"},"inputs":[]}""", true, "k")]
    [InlineData("""{"key":"k","inputs":[]}""", true, "")]
    [InlineData("""[]""", false, "")]
    [InlineData("""{"rows":""", false, "")]
    [InlineData("", false, "")]
    public void The_key_stands_beside_the_rows(string body, bool isTensors, string key)
    {
        Encoding.UTF8.GetString(StickyKey.Find(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body)), isTensors)).ShouldBe(key);
        Encoding.UTF8.GetString(StickyKey.Find(InParts(Encoding.UTF8.GetBytes(body)), isTensors)).ShouldBe(key);
    }

    [Fact]
    public void What_is_no_key_or_too_long_is_refused()
    {
        foreach (var key in (string[])["true", "{}", "[1]", $"\"{new string('x', 201)}\"", $"\"{new string('x', 5000)}\""])
            Should.Throw<RowBindingException>(() => StickyKey.Find(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes($$"""{"key":{{key}}}""")), false))
                .Message.ShouldContain("'key' must be");
        Should.Throw<RowBindingException>(() => StickyKey.Of(new string('ö', 101)));
    }

    // A body as it comes in several pieces: here one byte each.
    private static ReadOnlySequence<byte> InParts(byte[] bytes)
    {
        Part? first = null, last = null;
        foreach (var one in bytes)
            last = last is null ? first = new Part([one], 0) : last.Then([one]);
        return first is null ? default : new ReadOnlySequence<byte>(first, 0, last!, 1);
    }

    private sealed class Part : ReadOnlySequenceSegment<byte>
    {
        public Part(byte[] bytes, long at) => (Memory, RunningIndex) = (bytes, at);

        public Part Then(byte[] bytes)
        {
            var next = new Part(bytes, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
