using AlgoFactory.Hosting.Options;

namespace AlgoFactory.Hosting.Tests.Options;

public class DataFoldersTests
{
    [Fact]
    public void A_file_in_the_place_of_a_folder_is_named_with_the_setting_it_stands_for()
    {
        using var folder = new TempFolder();
        var file = folder.Write("taken", "x");
        Should.Throw<IOException>(() => new DataFolders(new AlgoFactoryOptions { DataFolder = file, ModelsFolder = folder["models"] }))
            .Message.ShouldBe($"The data folder '{file}' cannot be made (a file has that name); choose another one.");
        Should.Throw<IOException>(() => new DataFolders(new AlgoFactoryOptions { DataFolder = folder["data"], ModelsFolder = file }))
            .Message.ShouldBe($"The models folder '{file}' cannot be made (a file has that name); choose another one.");
    }
}
