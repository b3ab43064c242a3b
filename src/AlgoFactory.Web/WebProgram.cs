using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Sockets;
using AlgoFactory.Hosting;
using AlgoFactory.Hosting.Jobs;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Storage;
using AlgoFactory.Web.Access;
using AlgoFactory.Web.ApiDescription;
using AlgoFactory.Web.Batches;
using AlgoFactory.Web.Components;
using AlgoFactory.Web.Datasets;
using AlgoFactory.Web.Deployments;
using AlgoFactory.Web.Errors;
using AlgoFactory.Web.Experiments;
using AlgoFactory.Web.Models;
using AlgoFactory.Web.Monitoring;
using AlgoFactory.Web.OpenInference;
using AlgoFactory.Web.Predictions;
using AlgoFactory.Web.Recommendations;
using Quartz;

namespace AlgoFactory.Web;

/// <summary>The server: HTTP API, pages, predictions, and a worker process beside it.</summary>
public static class WebProgram
{
    /// <summary>Runs the server until it is told to stop (SIGTERM, Ctrl+C); returns the exit code.</summary>
    /// <param name="args"><c>--urls</c>, <c>--data</c>, <c>--models</c>, or any setting as <c>--AlgoFactory:Name=value</c>.</param>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            await using var app = Build(args);
            using var guard = SingleServer.Take(app.Services.GetRequiredService<AlgoFactoryOptions>(), app.Services.GetRequiredService<DataFolders>());
            await PrepareAsync(app, Console.Out);
            await StartAsync(app);
            Console.WriteLine($"AlgoFactory listens on {string.Join(", ", app.Urls)}");
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (OperationCanceledException)
        {
            // Told to stop while it was still starting.
            return 0;
        }
        catch (Exception e) when (e is StorageException or ValidationException or IOException or UnauthorizedAccessException or FormatException)
        {
            await Console.Error.WriteLineAsync($"The server cannot start: {e.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
        catch (SchedulerException e)
        {
            await Console.Error.WriteLineAsync($"The server cannot start: {JobStoreFaults.Translate(e).Message}");
            return 1;
        }
    }

    /// <summary>Builds the server without starting it. Call <see cref="PrepareAsync"/> before it starts.</summary>
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            Args = args,
            ApplicationName = typeof(WebProgram).Assembly.GetName().Name,
            ContentRootPath = ProgramFolder.Root,
            WebRootPath = WebRoot.Find(),
        });
        builder.Configuration.AddAlgoFactory(args);
        var options = ProgramConfiguration.Read(builder.Configuration);
        builder.Logging.AddProgramLog(builder.Configuration);
        builder.WebHost.UseKestrel(kestrel => kestrel.AddServerHeader = false).UseUrls(Addresses(options.Urls));
        // Less than the half minute after which service managers kill: a sender that stalls must not cost the clean end.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(20));
        builder.Services.AddRouting();
        builder.Services.AddServer(options);
        builder.Services.AddProblems();
        builder.Services.AddAccess(options, new DataFolders(options));
        builder.Services.AddDatasets();
        builder.Services.AddExperiments();
        builder.Services.AddModels();
        builder.Services.AddPredictions(options);
        builder.Services.AddDeployments();
        builder.Services.AddBatches();
        builder.Services.AddMonitoring(options);
        builder.Services.AddApiDescription();
        builder.Services.AddPages();
        var app = builder.Build();
        Map(app);
        return app;
    }

    /// <summary>
    /// What must be done before requests come: upgrade the metadata, clean up after a crash, load the keys; on the very
    /// first start, make the administrator's key and print it, this once, to <paramref name="output"/>.
    /// </summary>
    public static async Task PrepareAsync(WebApplication app, TextWriter output)
    {
        await app.Services.GetRequiredService<MetadataDatabase>().MigrateAsync(CancellationToken.None);
        await app.Services.GetRequiredService<UploadRecovery>().RunAsync(CancellationToken.None);
        await app.Services.GetRequiredService<ExperimentRecovery>().RunAsync(CancellationToken.None);
        var keys = app.Services.GetRequiredService<KeyService>();
        await keys.RefreshAsync(CancellationToken.None);
        if (await keys.EnsureAdministratorAsync(CancellationToken.None) is { } first)
            await output.WriteLineAsync(
                $"""

                The administrator's API key, shown this once (replace a lost one with `keys create --local`):

                    {first.Secret}

                """);
        await app.Services.GetRequiredService<TrafficService>().RefreshAsync(CancellationToken.None);
        // Reported first: a change made from now on waits for this node, and one made before is seen by the sync.
        var deployments = app.Services.GetRequiredService<DeploymentService>();
        await deployments.ReportAsync(CancellationToken.None);
        await deployments.SyncAsync(CancellationToken.None);
    }

    private static async Task StartAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch (IOException)
        {
            // The address is taken. What has started by then, such as the worker, ends in order.
            await app.StopAsync();
            throw;
        }
        catch (SocketException e)
        {
            // No address of this machine, or a port that this user may not take: the system's words for it.
            await app.StopAsync();
            throw new IOException($"It cannot listen on {app.Services.GetRequiredService<AlgoFactoryOptions>().Urls}: {e.Message}.", e);
        }
    }

    /// <exception cref="ValidationException">One of them is no address to listen on.</exception>
    private static string[] Addresses(string urls)
    {
        var addresses = urls.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var address in addresses)
        {
            if (!IsHttp(address))
                throw new ValidationException($"'{address}' is no address to listen on; write it like http://127.0.0.1:5080 (encryption is a reverse proxy's).");
        }

        return addresses.Length > 0 ? addresses : throw new ValidationException("No address to listen on is given; write it like http://127.0.0.1:5080.");
    }

    private static bool IsHttp(string address)
    {
        try
        {
            // A port of the system's choice cannot be had for 'localhost', which is two addresses.
            return BindingAddress.Parse(address) is { Scheme: "http" or "HTTP", PathBase: "", Port: >= 0 and <= IPEndPoint.MaxPort } parsed
                && (parsed.Port > 0 || parsed.Host != "localhost");
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static void Map(WebApplication app)
    {
        app.UseRequestLogScope();
        app.UsePredictionShortcut();
        app.UseSecurityHeaders();
        app.UseProblems();
        app.UsePageFiles();
        app.UseRouting();
        app.UseForgeryGuard();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
        app.MapSession();
        app.MapDatasets();
        app.MapExperiments();
        app.MapModels();
        app.MapUnderstanding();
        app.MapDeployments();
        app.MapPredictions();
        app.MapRecommendations();
        app.MapOpenInference();
        app.MapBatches();
        app.MapKeys();
        app.MapFeedback();
        app.MapMonitoring();
        app.MapHealth();
        app.MapMetrics();
        app.MapApiDescription();
        app.MapPages();
    }
}
