namespace AlgoFactory.Web.Tests.Server;

/// <summary>Waits for what another thread or process is about to do.</summary>
internal static class Until
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    /// <summary>Waits for what costs nothing to look at.</summary>
    public static Task TrueAsync(Func<bool> condition) => TrueAsync(() => Task.FromResult(condition()), milliseconds: 20);

    /// <summary>Waits for what a server is asked for: not so often that the asking keeps it from the work that is waited for.</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition, int milliseconds = 100)
    {
        var given = DateTime.UtcNow + Patience;
        while (!await condition())
        {
            if (DateTime.UtcNow > given)
                throw new TimeoutException("What was waited for did not happen.");
            await Task.Delay(milliseconds);
        }
    }
}
