using System.Buffers.Text;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace AlgoFactory.Serving.Access;

/// <summary>
/// Makes, checks and revokes API keys: <c>afk_</c> and 256 random bits in base64url. Only a key's sha256 is kept; with
/// that many random bits a slow hash would protect nothing more. Checks are made against a snapshot in memory.
/// Thread-safe.
/// </summary>
public sealed class KeyService : IDisposable
{
    private const string Prefix = "afk_";
    private const int SecretBytes = 32;
    private const int SecretLength = 47; // Prefix and 43 characters
    private const int IdLength = 12; // Prefix and 48 bits: enough to be unique, too few to help a guesser
    private const string AdministratorName = "administrator";

    private readonly IApiKeyStore _store;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _refresh = new(1, 1);

    private volatile FrozenDictionary<string, ApiKey> _active = FrozenDictionary<string, ApiKey>.Empty;

    /// <summary>Creates the service. Call <see cref="RefreshAsync"/> before the first check.</summary>
    public KeyService(IApiKeyStore store, TimeProvider? clock = null)
    {
        _store = store;
        _clock = clock ?? TimeProvider.System;
    }

    /// <summary>Reads the keys anew: at start-up, and now and then for what other nodes changed.</summary>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        // One after the other: a slow reading from before a revocation must not be put over a newer one.
        await _refresh.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            _active = (await _store.ListAsync(cancellation).ConfigureAwait(false))
                .Where(k => k.RevokedAt is null)
                .ToFrozenDictionary(k => k.Id, StringComparer.Ordinal);
        }
        finally
        {
            _refresh.Release();
        }
    }

    /// <summary>Frees what waits in the service.</summary>
    public void Dispose() => _refresh.Dispose();

    /// <summary>
    /// The key whose secret this is, or null. Allocates nothing. The comparison's time does not depend on the secret.
    /// </summary>
    public ApiKey? Verify(ReadOnlySpan<char> secret)
    {
        if (secret.Length != SecretLength || !secret.StartsWith(Prefix, StringComparison.Ordinal) || !Ascii.IsValid(secret))
            return null;
        Span<byte> utf8 = stackalloc byte[SecretLength];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Encoding.ASCII.GetBytes(secret, utf8);
        SHA256.HashData(utf8, hash);
        var found = _active.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(secret[..IdLength], out var key);
        return found && CryptographicOperations.FixedTimeEquals(hash, key!.Hash.AsSpan()) ? key : null;
    }

    /// <summary>
    /// Stands for the keys as they are now: as long as it is the same object, what was verified stays true.
    /// </summary>
    public object Snapshot => _active;

    /// <summary>The active key of that id, or null: for a browser's session, which holds the id and not the secret.</summary>
    public ApiKey? FindActive(string id) => _active.GetValueOrDefault(id);

    /// <summary>All keys, revoked ones too, the newest first.</summary>
    public Task<ImmutableArray<ApiKey>> ListAsync(CancellationToken cancellation) => _store.ListAsync(cancellation);

    /// <summary>Makes a key. The secret is shown this once and kept nowhere.</summary>
    /// <param name="name">What or who it is for; 1 to 100 characters.</param>
    /// <param name="role">What it may do.</param>
    /// <param name="cancellation">Gives up before the key is saved.</param>
    /// <exception cref="ArgumentException">The name is empty or too long.</exception>
    public async Task<NewKey> CreateAsync(string name, KeyRole role, CancellationToken cancellation)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > 100 || name.Any(char.IsControl))
            throw new ArgumentException("A key's name has 1 to 100 characters and says what or who the key is for.", nameof(name));
        var secret = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        var hash = SHA256.HashData(Encoding.ASCII.GetBytes(secret));
        var key = new ApiKey(secret[..IdLength], name.Trim(), role, [.. hash], _clock.GetUtcNow());
        await _store.AddAsync(key, cancellation).ConfigureAwait(false);
        await RefreshAsync(cancellation).ConfigureAwait(false);
        return new NewKey(key, secret);
    }

    /// <summary>Revokes a key: from now on it is unknown here, and on other nodes with their next refresh. False when there is none.</summary>
    public async Task<bool> RevokeAsync(string id, CancellationToken cancellation)
    {
        var revoked = await _store.RevokeAsync(id, _clock.GetUtcNow(), cancellation).ConfigureAwait(false);
        await RefreshAsync(cancellation).ConfigureAwait(false);
        return revoked;
    }

    /// <summary>The very first start: makes the administrator's key when no key was ever made; else null.</summary>
    public async Task<NewKey?> EnsureAdministratorAsync(CancellationToken cancellation)
    {
        var keys = await _store.ListAsync(cancellation).ConfigureAwait(false);
        return keys.IsEmpty ? await CreateAsync(AdministratorName, KeyRole.Admin, cancellation).ConfigureAwait(false) : null;
    }

    /// <summary>
    /// For the person on the host whose administrator's key is lost: makes a new one, then revokes those of the name
    /// <c>administrator</c> that were there. Other administrators keep theirs.
    /// </summary>
    public async Task<NewKey> ReplaceAdministratorAsync(CancellationToken cancellation)
    {
        var old = await _store.ListAsync(cancellation).ConfigureAwait(false);
        var key = await CreateAsync(AdministratorName, KeyRole.Admin, cancellation).ConfigureAwait(false);
        foreach (var lost in old.Where(k => k.RevokedAt is null && k.Role == KeyRole.Admin && k.Name == AdministratorName))
            await RevokeAsync(lost.Id, cancellation).ConfigureAwait(false);
        return key;
    }
}

/// <summary>A key that was just made, with its secret.</summary>
public sealed record NewKey(ApiKey Key, string Secret);
