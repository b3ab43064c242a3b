using AlgoFactory.Serving.Access;
using AlgoFactory.Storage;
using Microsoft.AspNetCore.Authentication;

namespace AlgoFactory.Web.Access;

/// <summary>Signs a browser in with a key, and out. Pages and <see cref="SessionApi"/> share it.</summary>
public sealed class SignIn(KeyService keys, Audit audit, ILogger<SignIn> log)
{
    /// <summary>Sets the cookie and returns the key, or null when the key is unknown or revoked.</summary>
    public async Task<ApiKey?> SignInAsync(HttpContext context, string secret)
    {
        if (keys.Verify(secret.AsSpan().Trim()) is not { } key)
            return null;
        var user = KeyIdentity.Of(key, Schemes.Cookie);
        await context.SignInAsync(Schemes.Cookie, user, new AuthenticationProperties { IsPersistent = true });
        try
        {
            await audit.NoteAsync(user, "session.begin", key.Id);
        }
        catch (StorageException e)
        {
            // Who comes to make room on a full disk must get in.
            log.LogWarning("The sign-in with the key {Id} could not be noted in the audit log: {Error}", key.Id, e.Message);
        }

        return key;
    }

    /// <summary>Removes the cookie.</summary>
    public Task SignOutAsync(HttpContext context) => context.SignOutAsync(Schemes.Cookie);
}
