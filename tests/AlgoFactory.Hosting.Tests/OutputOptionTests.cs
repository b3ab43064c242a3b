using AlgoFactory.TestKit;

namespace AlgoFactory.Hosting.Tests;

public sealed class OutputOptionTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_can_be_written_is_left_as_it_was()
    {
        OutputOption.Check(_folder["new.csv"]).ShouldBe(_folder["new.csv"]);
        OutputOption.Check(_folder.Write("old.csv", "a")).ShouldBe(_folder["old.csv"]);

        Directory.GetFileSystemEntries(_folder["."]).Length.ShouldBe(1);
        File.ReadAllText(_folder["old.csv"]).ShouldBe("a");
    }

    [Fact]
    public void A_folder_is_refused() =>
        Should.Throw<UsageException>(() => OutputOption.Check(_folder["."], "--svg")).Message.ShouldStartWith("--svg: ");

    [Fact]
    public void A_folder_that_is_not_there_is_named() =>
        Should.Throw<UsageException>(() => OutputOption.Check(_folder["none/a.csv"])).Message.ShouldContain("does not exist");

    [Fact]
    public void A_folder_that_takes_no_file_is_refused() =>
        Should.Throw<UsageException>(() => OutputOption.Check("/proc/a.csv")).Message.ShouldContain("takes no new file");
}
