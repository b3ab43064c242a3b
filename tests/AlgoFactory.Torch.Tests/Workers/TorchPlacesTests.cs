using AlgoFactory.Learning;
using AlgoFactory.Torch.Workers;

namespace AlgoFactory.Torch.Tests.Workers;

/// <summary>Where the library and the device are looked for.</summary>
public sealed class TorchPlacesTests
{
    [Fact]
    public void The_library_is_looked_for_where_it_is_named_then_beside_the_program_then_above_it_then_in_the_system()
    {
        string[] places = [.. TorchLibrary.Candidates("/opt/shim", "/srv/app/bin")];
        places.ShouldBe(
        [
            "/opt/shim", "/opt/shim/libalgofactory-torch.so", "/srv/app/bin/native/libalgofactory-torch.so", "/srv/app/bin/native/torch/lib/libalgofactory-torch.so",
            "/srv/app/native/torch/lib/libalgofactory-torch.so", "/srv/native/torch/lib/libalgofactory-torch.so", "/native/torch/lib/libalgofactory-torch.so",
            "/usr/local/lib/libalgofactory-torch.so",
        ]);
    }

    [Theory]
    [InlineData("auto", 0, "cpu")]
    [InlineData("auto", 2, "cuda:0")]
    [InlineData("cpu", 2, "cpu")]
    [InlineData("cuda:1", 2, "cuda:1")]
    [InlineData("cuda:0,cuda:1", 2, "cuda:0,cuda:1")]
    public void A_device_is_resolved(string asked, int devices, string used) => TorchDevice.Resolve(asked, devices).ShouldBe(used);

    [Theory]
    [InlineData("cuda:0", 0, "choose cpu")]
    [InlineData("cuda:2", 2, "finds 2 CUDA devices")]
    [InlineData("cuda:0,cuda:2", 2, "finds 2 CUDA devices")]
    [InlineData("cuda:0,cuda:0", 2, "choose auto")]
    [InlineData("cpu,cuda:0", 2, "choose auto")]
    [InlineData("cuda:0,", 2, "choose auto")]
    [InlineData("gpu", 1, "choose auto, cpu, or cuda:0")]
    [InlineData("cuda:-1", 1, "choose auto")]
    public void A_device_that_there_is_not_is_refused(string asked, int devices, string says) =>
        Should.Throw<LearningException>(() => TorchDevice.Resolve(asked, devices)).Message.ShouldContain(says);

    [Fact]
    public void A_worker_has_the_environment_in_which_libtorch_is_fast()
    {
        var environment = TorchWorker.Environment("/lib.so", 3).ToDictionary();
        environment["OMP_WAIT_POLICY"].ShouldBe("PASSIVE");
        environment["OMP_NUM_THREADS"].ShouldBe("3");
        environment["ALGOFACTORY_TORCH"].ShouldBe("/lib.so");
    }
}
