using AlgoFactory.Hosting.Access;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Hosting.Tests.Jobs;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Registry;
using AlgoFactory.TestKit.Models;

namespace AlgoFactory.Hosting.Tests.Access;

public sealed class LocalSigningTests
{
    private const string Key = "a key of thirty-two characters, or more";

    [Fact]
    public async Task What_was_published_before_there_was_a_key_is_signed_and_noted()
    {
        await using var stores = await HostedStores.MakeAsync();
        var file = Path.Combine(stores.Folder, "m.afm");
        TinyModels.Fit().Save(file);
        for (var version = 1; version <= 2; version++)
            stores.Get<ModelRegistry>().Publish("m", file);
        var options = stores.Get<AlgoFactoryOptions>();
        (await Should.ThrowAsync<UsageException>(() => LocalSigning.SignAsync(options, "m", null, default))).Message.ShouldContain("SigningKey");

        options.Registry = new RegistryOptions { SigningKey = Key };
        var registry = new ModelRegistry(options.ModelsFolder, Learning.Learners.BuiltIn.Readers, signer: new ModelSigner(Key));
        registry.Find("m", 2)!.Error.ShouldNotBeNull();
        (await LocalSigning.SignAsync(options, "m", 2, default)).Select(v => v.Version).ShouldBe([2]);
        registry.Find("m", 2)!.Error.ShouldBeNull();
        registry.Find("m", 1)!.Error.ShouldNotBeNull();
        (await LocalSigning.SignAsync(options, "m", null, default)).Select(v => v.Version).ShouldBe([1, 2]);
        registry.Open("m", 1);
        (await stores.Get<IAuditLog>().ListAsync(10, default)).Where(e => e.Action == "model.sign").Select(e => e.Subject).ShouldBe(["m/2", "m/1", "m/2"]);
        foreach (var (name, version) in new[] { ("m", 3), ("n", 1), ("../m", 1) })
            await Should.ThrowAsync<UsageException>(() => LocalSigning.SignAsync(options, name, version, default));
    }
}
