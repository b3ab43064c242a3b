using System.ComponentModel.DataAnnotations;
using AlgoFactory.Hosting.Options;

namespace AlgoFactory.Hosting.Tests.Options;

public sealed class ProgramConfigurationTests
{
    [Fact]
    public void The_file_in_the_repository_gives_the_defaults()
    {
        var options = ProgramConfiguration.Read(Array.Empty<string>());
        options.Urls.ShouldBe("http://127.0.0.1:5080");
        options.DataFolder.ShouldBe("data");
        options.Uploads.MaxBytes.ShouldBe(new UploadOptions().MaxBytes);
        options.Access.AnonymousRole.ShouldBeNull();
        File.Exists(Path.Combine(ProgramFolder.Root, "appsettings.json")).ShouldBeTrue();
    }

    [Theory]
    [InlineData("--data", "somewhere")]
    [InlineData("--data=somewhere")]
    public void A_folder_on_the_command_line_counts_from_the_callers_folder(params string[] args) =>
        ProgramConfiguration.Read(args).DataFolder.ShouldBe(Path.GetFullPath("somewhere"));

    [Theory]
    [InlineData("--AlgoFactory:Worker:Experiments=0", "AlgoFactory:Worker")]
    [InlineData("--AlgoFactory:Database:Provider=oracle", "sqlite")]
    [InlineData("--AlgoFactory:Database:Provider=postgresql", "ConnectionString")]
    public void A_setting_out_of_its_range_is_named(string arg, string word) =>
        Should.Throw<ValidationException>(() => ProgramConfiguration.Read([arg])).Message.ShouldContain(word);
}
