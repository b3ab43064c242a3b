using AlgoFactory.Torch.Worker.Native;
using AlgoFactory.Torch.Worker.Tensors;

namespace AlgoFactory.Torch.Worker.Tests.Tensors;

public sealed class TensorTests
{
    private const int Cpu = -1;

    [TorchFact]
    public void A_scope_frees_what_was_made_in_it_and_not_kept()
    {
        var before = TorchApi.LiveHandles();
        Tensor kept;
        using (new TensorScope())
        {
            var a = Tensor.Of([1f, 2, 3], Cpu, 3);
            kept = a.Add(a).Keep();
            using (new TensorScope())
                a.Mul(a).ToArray().ShouldBe([1, 4, 9]);
            (TorchApi.LiveHandles() - before).ShouldBe(2);
        }

        (TorchApi.LiveHandles() - before).ShouldBe(1);
        kept.ToArray().ShouldBe([2, 4, 6]);
        kept.Dispose();
        TorchApi.LiveHandles().ShouldBe(before);
    }

    [TorchFact]
    public void A_gradient_is_that_of_the_formula()
    {
        using var scope = new TensorScope();
        var x = Tensor.Of([1f, -2], Cpu, 1, 2).RequireGrad();
        // The sum of squares; a step down its gradient 2x of half length leaves 0.
        x.Mul(x).Sum().Item().ShouldBe(5);
        Should.NotThrow(() => x.Mul(x).Sum().Backward());
    }

    [TorchFact]
    public void What_libtorch_refuses_is_an_exception_with_its_words()
    {
        using var scope = new TensorScope();
        var error = Should.Throw<TorchException>(() => Tensor.Of([1f, 2], Cpu, 2).Add(Tensor.Of([1f, 2, 3], Cpu, 3)));
        error.Message.ShouldContain("must match");
        error.IsOutOfMemory.ShouldBeFalse();
    }

    [TorchFact]
    public void Memory_that_there_is_not_is_known_as_such() =>
        Should.Throw<TorchException>(() => Tensor.Full(0, Cpu, 1L << 50)).IsOutOfMemory.ShouldBeTrue();

    [Fact]
    public void A_shape_that_does_not_fit_its_elements_never_reaches_libtorch() =>
        Should.Throw<ArgumentException>(() => Tensor.Of([1f, 2], Cpu, 3));
}
