using AlgoFactory.Data.Export;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Export;

public class OutputFileTests
{
    [Fact]
    public void Files_may_be_replaced_and_new_ones_made()
    {
        using var folder = new TempFolder();
        OutputFile.Refusal(folder["new.csv"]).ShouldBeNull();
        OutputFile.Refusal(folder.Write("old.csv", "a\n1\n")).ShouldBeNull();
        OutputFile.Refusal("/dev/shm/new.csv").ShouldBeNull();
    }

    [Fact]
    public void Folders_devices_and_links_to_them_may_not()
    {
        using var folder = new TempFolder();
        OutputFile.Refusal(folder.Path)!.ShouldContain("is a folder; name a file");
        OutputFile.Refusal(folder["none/new.csv"])!.ShouldContain("does not exist; create it");
        foreach (var device in new[] { "/dev/null", "/dev/full", "/dev/stdout", "/dev/fd/1", "/dev/shm/../null" })
            OutputFile.Refusal(device)!.ShouldBe($"'{device}' is a device and no file; name a file to write.");
        File.CreateSymbolicLink(folder["link"], "/dev/null");
        OutputFile.Refusal(folder["link"])!.ShouldContain("is a device");

        // Nothing is made beside it either.
        Should.Throw<IOException>(() => TableWriter.Create(folder["link"], [new OutputColumn("a", OutputKind.Double)]));
        Directory.GetFiles(folder.Path).ShouldHaveSingleItem();
    }
}
