using System.Net;
using AlgoFactory.Hosting.Monitoring;

namespace AlgoFactory.Hosting.Tests.Monitoring;

public sealed class WebhookAddressTests
{
    private static readonly string[] Hosts = ["hooks.example.com", "*.corp.example"];

    [Theory]
    [InlineData("https://hooks.example.com/x?y=1", true)]
    [InlineData("https://HOOKS.example.com:8443/", true)]
    [InlineData("https://a.corp.example/", true)]
    [InlineData("https://corp.example/", false)]
    [InlineData("https://evilcorp.example/", false)]
    [InlineData("https://hooks.example.com.evil.net/", false)]
    [InlineData("https://user:secret@hooks.example.com/", false)]
    [InlineData("https://hooks.example.com@evil.net/", false)]
    [InlineData("ftp://hooks.example.com/", false)]
    [InlineData("file:///etc/passwd", false)]
    [InlineData("hooks.example.com", false)]
    [InlineData("", false)]
    public void Only_listed_hosts_are_allowed(string address, bool isAllowed)
    {
        var refusal = WebhookAddress.Refusal(address, Hosts);
        (refusal is null).ShouldBe(isAllowed);
        if (refusal is not null)
            refusal.ShouldEndWith(".");
    }

    [Theory]
    [InlineData("93.184.216.34", true)]
    [InlineData("2606:2800:220:1::1", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::ffff:93.184.216.34", true)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("2002:7f00:1::", false)]
    public void Only_addresses_of_the_public_internet_are_public(string address, bool isPublic) =>
        WebhookAddress.IsPublic(IPAddress.Parse(address)).ShouldBe(isPublic);

    [Fact]
    public async Task A_name_that_leads_to_this_machine_is_not_connected_to()
    {
        using var http = new HttpClient(WebhookAddress.Handler(allowPrivate: false));
        var fault = await Should.ThrowAsync<HttpRequestException>(() => http.GetAsync("http://localhost:9/"));
        fault.Message.ShouldContain("no public address");
    }
}
