using System.Net;
using System.Net.Sockets;

namespace AlgoFactory.Hosting.Monitoring;

/// <summary>
/// Which addresses a webhook may go to. The host must be on the operator's list, and what its name resolves to must be public: else
/// whoever may set a webhook could reach services that only this machine can (server-side request forgery).
/// </summary>
public static class WebhookAddress
{
    // Networks that are not the public internet (RFC 6890 and its successors), and those that embed an IPv4 address.
    private static readonly IPNetwork[] Private =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
            "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "::/127", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
        }.Select(n => IPNetwork.Parse(n)),
    ];

    /// <summary>Why an address cannot be a webhook; null: it can.</summary>
    /// <param name="address">The address.</param>
    /// <param name="hosts">The hosts that are allowed; <c>*.example.com</c> allows those below it.</param>
    public static string? Refusal(string address, IEnumerable<string> hosts)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.UserInfo.Length > 0 || address.Length > 2000)
            return $"'{(address.Length > 100 ? address[..100] : address)}' is no address to post alerts to; write it like https://hooks.example.com/path.";
        return hosts.Any(h => Allows(h, uri.IdnHost))
            ? null
            : $"Alerts may not be posted to '{uri.Host}'; an administrator can allow the host in AlgoFactory:Monitoring:WebhookHosts.";
    }

    /// <summary>Whether an address is of the public internet.</summary>
    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        foreach (var network in Private)
            if (network.BaseAddress.AddressFamily == address.AddressFamily && network.Contains(address))
                return false;
        return true;
    }

    /// <summary>
    /// A handler that connects to what a host's name resolves to at that moment, and to nothing else: neither a redirect nor a proxy
    /// nor a second look-up can lead elsewhere.
    /// </summary>
    /// <param name="allowPrivate">Whether private addresses are allowed.</param>
    public static SocketsHttpHandler Handler(bool allowPrivate) => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.Zero,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        ConnectCallback = async (context, cancellation) =>
        {
            var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellation).ConfigureAwait(false);
            var allowed = allowPrivate ? addresses : [.. addresses.Where(IsPublic)];
            if (allowed.Length == 0)
                throw new HttpRequestException($"the host '{context.DnsEndPoint.Host}' has no public address; AlgoFactory:Monitoring:AllowPrivateWebhooks allows private ones");
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellation).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };

    private static bool Allows(string pattern, string host) => pattern.StartsWith("*.", StringComparison.Ordinal)
        ? host.EndsWith(pattern[1..], StringComparison.OrdinalIgnoreCase)
        : host.Equals(pattern, StringComparison.OrdinalIgnoreCase);
}
