using AlgoFactory.Torch.Protocol;

namespace AlgoFactory.Torch.Tests.Protocol;

public sealed class MessageStreamTests
{
    [Fact]
    public void Documents_and_data_come_as_they_were_sent()
    {
        var pipe = new MemoryStream();
        var sender = new MessageStream(Stream.Null, pipe);
        sender.Send(MessageKind.Hello, new WorkerHello(1, "1.13.1", 2));
        sender.Send(MessageKind.Step, new StepReport(3, 10, double.NaN, null));
        sender.SendData<float>([1.5f, float.NegativeInfinity]);
        sender.SendData<byte>([]);
        pipe.Position = 0;

        var receiver = new MessageStream(pipe, Stream.Null);
        MessageStream.Read<WorkerHello>(receiver.Receive()!.Value.Body).ShouldBe(new WorkerHello(1, "1.13.1", 2));
        MessageStream.Read<StepReport>(receiver.Receive()!.Value.Body).ShouldBe(new StepReport(3, 10, double.NaN, null));
        receiver.ReceiveData<float>(2).ShouldBe([1.5f, float.NegativeInfinity]);
        receiver.ReceiveData<byte>(0).ShouldBeEmpty();
        receiver.Receive().ShouldBeNull();
    }

    [Theory]
    [InlineData(new byte[] { 3, 0xFF, 0xFF, 0xFF, 0x7F })]
    [InlineData(new byte[] { 3, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 99, 0, 0, 0, 0 })]
    public void What_is_no_message_is_refused_before_memory_is_taken(byte[] bytes) =>
        Should.Throw<InvalidDataException>(() => new MessageStream(new MemoryStream(bytes), Stream.Null).Receive());

    [Fact]
    public void A_pipe_that_ends_within_a_message_has_ended()
    {
        new MessageStream(new MemoryStream([3, 9, 0]), Stream.Null).Receive().ShouldBeNull();
        var stream = new MessageStream(new MemoryStream([3, 9, 0, 0, 0, 1, 2]), Stream.Null);
        Should.Throw<EndOfStreamException>(() => stream.ReceiveData<byte>(9));
    }

    [Fact]
    public void Data_of_another_length_and_documents_of_another_shape_are_refused()
    {
        var stream = new MessageStream(new MemoryStream([3, 2, 0, 0, 0, 1, 2]), Stream.Null);
        Should.Throw<InvalidDataException>(() => stream.ReceiveData<byte>(1));
        Should.Throw<InvalidDataException>(() => MessageStream.Read<WorkerHello>("[]"u8.ToArray()));
    }
}
