using AlgoFactory.Hosting.Access;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Hosting.Tests.Jobs;
using AlgoFactory.Serving.Access;

namespace AlgoFactory.Hosting.Tests.Access;

public sealed class LocalKeysTests
{
    [Fact]
    public async Task A_lost_administrators_key_is_replaced_and_the_running_server_learns_of_it()
    {
        await using var stores = await HostedStores.MakeAsync();
        var running = stores.Get<KeyService>();
        var lost = (await running.EnsureAdministratorAsync(default))!;
        var made = await LocalKeys.CreateAsync(stores.Get<AlgoFactoryOptions>(), null, KeyRole.Admin, default);
        await running.RefreshAsync(default);
        running.Verify(made.Secret)!.Role.ShouldBe(KeyRole.Admin);
        running.Verify(lost.Secret).ShouldBeNull();
        (await stores.Get<IAuditLog>().ListAsync(10, default)).ShouldContain(e => e.Who == "host" && e.Action == "key.create");
    }

    [Fact]
    public async Task Another_role_needs_a_name()
    {
        await using var stores = await HostedStores.MakeAsync();
        var options = stores.Get<AlgoFactoryOptions>();
        await Should.ThrowAsync<UsageException>(() => LocalKeys.CreateAsync(options, null, KeyRole.Analyst, default));
        (await LocalKeys.CreateAsync(options, "ci", KeyRole.Analyst, default)).Key.Name.ShouldBe("ci");
    }
}
