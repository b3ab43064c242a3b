using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Processes;

/// <summary>A reverse proxy before several servers, as operators have one.</summary>
internal sealed class NginxProcess : IDisposable
{
    private readonly Process _process;

    private NginxProcess(Process process, Uri address) => (_process, Address) = (process, address);

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Starts it on a folder; requests that a server does not answer go to the next one.</summary>
    public static async Task<NginxProcess> StartAsync(string folder, params Uri[] servers)
    {
        var port = FreePort();
        var upstream = string.Join(' ', servers.Select(s => $"server {s.Authority} max_fails=1 fail_timeout=1s;"));
        Directory.CreateDirectory(folder);
        var configuration = Path.Combine(folder, "nginx.conf");
        await File.WriteAllTextAsync(configuration, $$"""
            daemon off; master_process off; pid {{folder}}/nginx.pid; error_log {{folder}}/error.log;
            events { worker_connections 256; }
            http {
              access_log off;
              client_body_temp_path {{folder}}/body; proxy_temp_path {{folder}}/proxy;
              fastcgi_temp_path {{folder}}/fastcgi; uwsgi_temp_path {{folder}}/uwsgi; scgi_temp_path {{folder}}/scgi;
              upstream algofactory { {{upstream}} keepalive 16; }
              server {
                listen 127.0.0.1:{{port}};
                location / {
                  proxy_pass http://algofactory; proxy_http_version 1.1; proxy_set_header Connection "";
                  proxy_connect_timeout 2s;
                  proxy_next_upstream error timeout http_502 http_503 non_idempotent;
                }
              }
            }
            """);
        var start = new ProcessStartInfo(File.Exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx") { RedirectStandardError = true };
        foreach (var argument in (string[])["-p", folder, "-c", configuration])
            start.ArgumentList.Add(argument);
        var nginx = new NginxProcess(Process.Start(start)!, new Uri($"http://127.0.0.1:{port}"));
        await Until.TrueAsync(() => nginx._process.HasExited
            ? throw new InvalidOperationException(nginx._process.StandardError.ReadToEnd())
            : IsOpen(port));
        return nginx;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool IsOpen(int port)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
