using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Ingest.Native;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Ingest.Native;

public class NativeLibrariesTests
{
    [Fact]
    public void LooksInTheDocumentedOrder() =>
        NativeLibraries.Candidates("lib.so", "node_modules/pkg", "/named", "/program/app/bin").ShouldBe(
        [
            "/named/lib.so",
            "/program/app/bin/native/lib.so",
            "/program/app/bin/node_modules/pkg/lib.so",
            "/program/app/node_modules/pkg/lib.so",
            "/program/node_modules/pkg/lib.so",
            "/node_modules/pkg/lib.so",
        ]);

    [Fact]
    public void ErrorsComeAsText()
    {
        using var connection = DuckDbConnection.Open(new ReadOptions());
        Should.Throw<DuckDbException>(() => connection.Execute("SELECT nonsense")).Sentence.ShouldStartWith("Referenced column \"nonsense\" was not found");
        Should.Throw<DuckDbException>(() => connection.Stream("SELEC 1"));
        // Fails on the way only: the first chunk's rows are good.
        Should.Throw<DuckDbException>(() =>
        {
            using var rows = connection.Stream("SELECT CAST(CASE WHEN range < 100000 THEN '1' ELSE 'a' END AS INTEGER) FROM range(100001)");
            while (rows.NextChunk())
            {
            }
        }).Sentence.ShouldContain("Could not convert string 'a' to INT32");
    }

    [Fact]
    public void NeverInstallsExtensionsAndKeepsItsLimits()
    {
        using var connection = DuckDbConnection.Open(new ReadOptions { Threads = 1, MemoryLimitMiB = 300 });
        using var rows = connection.Stream("SELECT current_setting('autoinstall_known_extensions')::VARCHAR || current_setting('autoload_known_extensions')::VARCHAR || current_setting('threads')::VARCHAR || current_setting('memory_limit')");
        rows.NextChunk().ShouldBeTrue();
        unsafe
        {
            System.Text.Encoding.UTF8.GetString(DuckDbString.Read((DuckDbString*)rows.Data[0])).ShouldBe("falsefalse1300.0 MiB");
        }
    }
}
