using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using AlgoFactory.Search.Datasets;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Serving.Access;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Datasets;

[Collection(SharedServerTests.Name)]
public sealed class UploadTests(SharedServer shared)
{
    private const string Csv = "a,b\n1,x\n2,y\n";

    [Fact]
    public async Task A_raw_body_and_a_form_file_become_data_sets_under_generated_names()
    {
        var client = await shared.Server.ClientAsync();
        using var raw = await client.PostAsync("/api/datasets?name=one.csv", Text(Csv));
        using var form = await client.PostAsync("/api/datasets", new MultipartFormDataContent { { new StringContent("x"), "note" }, { Text(Csv), "file", "two.csv" } });
        foreach (var (answer, name) in new[] { (raw, "one.csv"), (form, "two.csv") })
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.Created);
            var dataset = await answer.JsonAsync();
            dataset.GetProperty("name").GetString().ShouldBe(name);
            dataset.GetProperty("state").GetString().ShouldBe("profiling");
            dataset.GetProperty("bytes").GetInt64().ShouldBe(Csv.Length);
            var stored = Path.Combine(shared.Server.DataFolder, "uploads", dataset.GetProperty("fileName").GetString()!);
            (await File.ReadAllTextAsync(stored)).ShouldBe(Csv);
            using var got = await client.GetAsync(answer.Headers.Location);
            got.StatusCode.ShouldBe(HttpStatusCode.OK);
            (await client.DeleteAsync(answer.Headers.Location)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
            File.Exists(stored).ShouldBeFalse();
            await (await client.GetAsync(answer.Headers.Location)).ProblemAsync(404);
        }
    }

    [Theory]
    [InlineData("../../etc/passwd.csv", "passwd.csv")]
    [InlineData("..\\..\\boot.csv", "boot.csv")]
    [InlineData("/abs/olute.CSV", "olute.CSV")]
    [InlineData("a\u0000b\n.csv", "ab.csv")]
    [InlineData("<script>.exe", "<script>.exe")]
    public async Task A_hostile_name_builds_no_path(string name, string shown)
    {
        var client = await shared.Server.ClientAsync();
        using var answer = await client.PostAsync($"/api/datasets?name={Uri.EscapeDataString(name)}", Text(Csv));
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var dataset = await answer.JsonAsync();
        dataset.GetProperty("name").GetString().ShouldBe(shown);
        dataset.GetProperty("fileName").GetString()!.ShouldMatch("^[0-9a-f]{32}(\\.csv)?$");
        await client.DeleteAsync(answer.Headers.Location);
        (await shared.Server.Get<IAuditLog>().ListAsync(50, default)).Where(e => e.Subject == dataset.GetProperty("id").GetString()).Select(e => e.Action)
            .ShouldBe(["dataset.delete", "dataset.upload"]);
    }

    [Fact]
    public async Task Only_a_file_in_doubt_is_removed_at_start()
    {
        await using var server = await TestServer.StartAsync();
        var folders = server.Get<AlgoFactory.Hosting.Options.DataFolders>();
        // Lost metadata looks like this: a whole file that no data set names.
        await File.WriteAllTextAsync(folders.UploadPath("unknown.csv"), Csv);
        await File.WriteAllTextAsync(folders.UploadPath("half.csv"), Csv);
        var uploads = server.Get<AlgoFactory.Web.Datasets.UploadStore>();
        uploads.Doubt("half.csv");
        // An ONNX file, the model made of it, and that model when it was not yet whole.
        foreach (var part in (string[])["a.afm.part", "a.afm.part.model.part", ".a.afm.part.model.part.0.tmp"])
            await File.WriteAllTextAsync(Path.Combine(folders.Incoming, part), "cut off");
        await server.Get<AlgoFactory.Web.Datasets.UploadRecovery>().RunAsync(default);
        File.Exists(folders.UploadPath("unknown.csv")).ShouldBeTrue();
        File.Exists(folders.UploadPath("half.csv")).ShouldBeFalse();
        Directory.EnumerateFiles(folders.Incoming).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/api/datasets", "no name")]
    [InlineData("/api/datasets?name=..", "dots")]
    [InlineData("/api/datasets?name=a%2f", "only a folder")]
    public async Task A_name_of_nothing_is_refused(string path, string why)
    {
        var client = await shared.Server.ClientAsync();
        (await (await client.PostAsync(path, Text(Csv))).ProblemAsync(400)).ShouldContain("name", Case.Insensitive, why);
    }

    [Fact]
    public async Task Broken_forms_and_empty_files_are_refused_and_leave_nothing()
    {
        var client = await shared.Server.ClientAsync();
        await (await client.PostAsync("/api/datasets?name=e.csv", Text(""))).ProblemAsync(400);
        await (await client.PostAsync("/api/datasets", new MultipartFormDataContent { { new StringContent("x"), "note" } })).ProblemAsync(400);
        var cut = new ByteArrayContent(Encoding.UTF8.GetBytes("--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"c.csv\"\r\n\r\na,b\n1,"));
        cut.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b");
        await (await client.PostAsync("/api/datasets", cut)).ProblemAsync(400);
        var without = new ByteArrayContent([1, 2, 3]);
        without.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data");
        await (await client.PostAsync("/api/datasets", without)).ProblemAsync(400);
        Directory.EnumerateFileSystemEntries(Path.Combine(shared.Server.DataFolder, "incoming")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_beyond_the_limit_is_refused_with_413_announced_or_not()
    {
        await using var small = await TestServer.StartAsync("Uploads:MaxBytes=1000");
        var client = await small.ClientAsync();
        await (await client.PostAsync("/api/datasets?name=a.csv", Text(new string('x', 1001)))).ProblemAsync(413);
        await (await client.PostAsync("/api/datasets", new MultipartFormDataContent { { Text(new string('x', 1001)), "file", "a.csv" } })).ProblemAsync(413);
        using var chunked = new HttpRequestMessage(HttpMethod.Post, "/api/datasets?name=a.csv") { Content = Text(new string('x', 1001)) };
        chunked.Headers.TransferEncodingChunked = true;
        await (await client.SendAsync(chunked)).ProblemAsync(413);
        (await client.PostAsync("/api/datasets?name=a.csv", Text(new string('x', 1000)))).StatusCode.ShouldBe(HttpStatusCode.Created);
        Files(small, "incoming").ShouldBe(0);
        Files(small, "uploads").ShouldBe(1);
    }

    [Fact]
    public async Task A_full_quota_and_a_full_disk_are_refused_with_507_and_nothing_is_left()
    {
        await using (var full = await TestServer.StartAsync("Uploads:QuotaBytes=15"))
        {
            var client = await full.ClientAsync();
            (await client.PostAsync("/api/datasets?name=a.csv", Text(Csv))).StatusCode.ShouldBe(HttpStatusCode.Created);
            (await (await client.PostAsync("/api/datasets?name=b.csv", Text(Csv))).ProblemAsync(507)).ShouldContain("quota");
            Files(full, "uploads").ShouldBe(1);
        }

        await using var disk = await TestServer.StartAsync($"Uploads:KeepFreeBytes={long.MaxValue / 2}");
        (await (await (await disk.ClientAsync()).PostAsync("/api/datasets?name=a.csv", Text(Csv))).ProblemAsync(507)).ShouldContain("disk");
        Files(disk, "incoming").ShouldBe(0);
        Files(disk, "uploads").ShouldBe(0);
    }

    [Fact]
    public async Task An_upload_whose_sender_goes_away_leaves_nothing()
    {
        await using var server = await TestServer.StartAsync();
        using (var sender = new TcpClient())
        {
            await sender.ConnectAsync(server.Address.Host, server.Address.Port);
            var head = $"POST /api/datasets?name=a.csv HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {await server.KeyAsync(Serving.Access.KeyRole.Admin)}\r\nContent-Length: 1000000\r\n\r\n";
            await sender.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head + new string('x', 200_000)));
            await Until.TrueAsync(() => Files(server, "incoming") == 1);
            sender.Client.LingerState = new LingerOption(true, 0);
        }

        await Until.TrueAsync(() => Files(server, "incoming") == 0);
        Files(server, "uploads").ShouldBe(0);
        (await server.Get<IDatasetStore>().ListAsync(default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_data_set_that_an_experiment_is_using_stays()
    {
        var client = await shared.Server.ClientAsync();
        using var uploaded = await client.PostAsync("/api/datasets?name=used.csv", Text(Csv));
        var id = (await uploaded.JsonAsync()).GetProperty("id").GetString()!;
        await shared.Server.Get<IExperimentStore>().AddAsync(new ExperimentRecord
        {
            Id = Guid.NewGuid().ToString("N"),
            Request = new ExperimentRequest { DatasetId = id, Label = "b", Name = "user" },
            CreatedAt = DateTimeOffset.UtcNow,
            State = ExperimentState.Running,
        }, default);
        (await (await client.DeleteAsync($"/api/datasets/{id}")).ProblemAsync(409)).ShouldContain("user");
    }

    private static int Files(TestServer server, string folder) => Directory.EnumerateFiles(Path.Combine(server.DataFolder, folder)).Count();

    private static StringContent Text(string text) => new(text, Encoding.UTF8, "text/csv");
}
