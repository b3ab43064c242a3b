using AlgoFactory.Serving.Access;
using Shouldly;

namespace AlgoFactory.Storage.Tests.Stores;

[Collection(DatabaseCollection.Name)]
public sealed class ApiKeyStoreTests(Databases databases)
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    private static ApiKey Key(string id, KeyRole role, int minute) =>
        new(id, $"key {id}", role, [.. Enumerable.Range(0, 32).Select(i => (byte)(i * 8))], Noon.AddMinutes(minute));

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Lists_every_role_the_newest_first(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        var keys = Enum.GetValues<KeyRole>().Select((role, i) => Key($"k{i}", role, i)).ToArray();
        foreach (var key in keys) await program.Keys.AddAsync(key, default);
        (await program.Keys.ListAsync(default)).ShouldHaveContentOf([.. Enumerable.Reverse(keys)]);
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Keeps_the_first_revocation(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        await program.Keys.AddAsync(Key("k1", KeyRole.Admin, 0), default);
        (await program.Keys.RevokeAsync("k2", Noon, default)).ShouldBeFalse();
        (await program.Keys.RevokeAsync("k1", Noon.AddHours(1), default)).ShouldBeTrue();
        (await program.Keys.RevokeAsync("k1", Noon.AddHours(2), default)).ShouldBeTrue();
        (await program.Keys.ListAsync(default)).ShouldHaveSingleItem().RevokedAt.ShouldBe(Noon.AddHours(1));
    }
}
