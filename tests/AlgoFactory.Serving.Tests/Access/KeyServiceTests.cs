using AlgoFactory.TestKit;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using AlgoFactory.Serving.Access;
using Shouldly;
using Xunit;

namespace AlgoFactory.Serving.Tests.Access;

public sealed class KeyServiceTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly MemoryKeyStore _store = new();
    private readonly KeyService _keys;

    public KeyServiceTests() => _keys = new KeyService(_store);

    [Fact]
    public async Task A_key_is_known_by_its_secret_and_kept_by_its_sum()
    {
        var made = await _keys.CreateAsync("crm", KeyRole.Application, None);
        made.Secret.ShouldStartWith("afk_");
        made.Secret.Length.ShouldBe(47);
        made.Secret.ShouldStartWith(made.Key.Id);
        made.Key.Id.Length.ShouldBe(12);
        made.Key.Hash.ShouldBe(SHA256.HashData(Encoding.ASCII.GetBytes(made.Secret)));
        _keys.Verify(made.Secret).ShouldBe(made.Key);
        (await _keys.ListAsync(None)).Single().ShouldBe(made.Key);
        (await _keys.CreateAsync("crm", KeyRole.Application, None)).Secret.ShouldNotBe(made.Secret);
    }

    [Fact]
    public async Task Anything_else_is_unknown()
    {
        var secret = (await _keys.CreateAsync("crm", KeyRole.Application, None)).Secret;
        foreach (var other in new[] { "", "afk_", secret[..^1], secret + "a", secret.ToUpperInvariant(), " " + secret[..^1], "afk_" + new string('é', 43), new string('a', 47) })
            _keys.Verify(other).ShouldBeNull(other);
        for (var i = 4; i < secret.Length; i++)
            _keys.Verify(secret[..i] + (secret[i] == 'A' ? 'B' : 'A') + secret[(i + 1)..]).ShouldBeNull();
    }

    [Fact]
    public async Task A_revoked_key_is_unknown_at_once_and_elsewhere_after_a_refresh()
    {
        var made = await _keys.CreateAsync("crm", KeyRole.Application, None);
        var elsewhere = new KeyService(_store);
        elsewhere.Verify(made.Secret).ShouldBeNull();
        await elsewhere.RefreshAsync(None);
        elsewhere.Verify(made.Secret).ShouldNotBeNull();
        (await _keys.RevokeAsync(made.Key.Id, None)).ShouldBeTrue();
        (await _keys.RevokeAsync("afk_nonesuch", None)).ShouldBeFalse();
        _keys.Verify(made.Secret).ShouldBeNull();
        await elsewhere.RefreshAsync(None);
        elsewhere.Verify(made.Secret).ShouldBeNull();
    }

    [Fact]
    public async Task The_first_start_makes_the_administrator_and_a_lost_key_is_replaced()
    {
        var first = (await _keys.EnsureAdministratorAsync(None))!;
        first.Key.Role.ShouldBe(KeyRole.Admin);
        (await _keys.EnsureAdministratorAsync(None)).ShouldBeNull();
        var colleague = await _keys.CreateAsync("eve", KeyRole.Admin, None);
        var second = await _keys.ReplaceAdministratorAsync(None);
        _keys.Verify(first.Secret).ShouldBeNull();
        _keys.Verify(second.Secret)!.Role.ShouldBe(KeyRole.Admin);
        _keys.Verify(colleague.Secret).ShouldNotBeNull();
        (await _keys.EnsureAdministratorAsync(None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_key_needs_a_name()
    {
        foreach (var name in new[] { "", " ", new string('x', 101), "a\nb" })
            await Should.ThrowAsync<ArgumentException>(() => _keys.CreateAsync(name, KeyRole.Admin, None));
    }

    [Fact]
    public async Task A_check_allocates_nothing()
    {
        var secret = (await _keys.CreateAsync("crm", KeyRole.Application, None)).Secret;
        for (var i = 0; i < 100; i++)
            _keys.Verify(secret);
        Allocation.Least(() =>
        {
            for (var i = 0; i < 100; i++)
                _keys.Verify(secret);
        }).ShouldBeLessThan(100);
    }

    [Fact]
    public async Task A_slow_reading_from_before_a_revocation_does_not_bring_the_key_back()
    {
        var made = await _keys.CreateAsync("crm", KeyRole.Application, None);
        var slow = new TaskCompletionSource();
        _store.NextListWaitsFor = slow.Task;
        var refresh = _keys.RefreshAsync(None);
        var revoke = _keys.RevokeAsync(made.Key.Id, None);
        slow.SetResult();
        await refresh;
        (await revoke).ShouldBeTrue();
        _keys.Verify(made.Secret).ShouldBeNull();
    }

    private sealed class MemoryKeyStore : IApiKeyStore
    {
        private ImmutableList<ApiKey> _keys = [];

        /// <summary>The next list is read at once and given when this ends.</summary>
        public Task? NextListWaitsFor { get; set; }

        public async Task<ImmutableArray<ApiKey>> ListAsync(CancellationToken cancellation)
        {
            var keys = _keys.ToImmutableArray();
            var wait = NextListWaitsFor;
            NextListWaitsFor = null;
            if (wait is not null)
                await wait;
            return keys;
        }

        public Task AddAsync(ApiKey key, CancellationToken cancellation)
        {
            _keys = _keys.Insert(0, key);
            return Task.CompletedTask;
        }

        public Task<bool> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellation)
        {
            var found = _keys.Find(k => k.Id == id && k.RevokedAt is null);
            if (found is not null)
                _keys = _keys.Replace(found, found with { RevokedAt = at });
            return Task.FromResult(found is not null);
        }
    }
}
