namespace AlgoFactory.Web.Tests.Server;

/// <summary>Waits for what another thread or process is about to do.</summary>
internal static class Until
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    public static Task TrueAsync(Func<bool> condition) => TrueAsync(() => Task.FromResult(condition()));

    public static async Task TrueAsync(Func<Task<bool>> condition)
    {
        var given = DateTime.UtcNow + Patience;
        while (!await condition())
        {
            if (DateTime.UtcNow > given)
                throw new TimeoutException("What was waited for did not happen.");
            await Task.Delay(20);
        }
    }
}
