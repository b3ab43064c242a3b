using AlgoFactory.Serving.Access;
using Microsoft.AspNetCore.Authentication;

namespace AlgoFactory.Web.Access;

/// <summary>Signs a browser in with a key, and out. Pages and <see cref="SessionApi"/> share it.</summary>
public sealed class SignIn(KeyService keys, Audit audit)
{
    /// <summary>Sets the cookie and returns the key, or null when the key is unknown or revoked.</summary>
    public async Task<ApiKey?> SignInAsync(HttpContext context, string secret)
    {
        if (keys.Verify(secret.AsSpan().Trim()) is not { } key)
            return null;
        var user = KeyIdentity.Of(key, Schemes.Cookie);
        await context.SignInAsync(Schemes.Cookie, user, new AuthenticationProperties { IsPersistent = true });
        await audit.NoteAsync(user, "session.begin", key.Id);
        return key;
    }

    /// <summary>Removes the cookie.</summary>
    public Task SignOutAsync(HttpContext context) => context.SignOutAsync(Schemes.Cookie);
}
