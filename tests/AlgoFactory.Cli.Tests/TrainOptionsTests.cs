using System.CommandLine;
using AlgoFactory.Cli.Commands;
using NSubstitute;

namespace AlgoFactory.Cli.Tests;

public sealed class TrainOptionsTests
{
    [Fact]
    public void A_budget_counts_from_when_the_command_begins_however_old_its_process_is()
    {
        // The process's age is no matter of the test's: it is the test host's here, and there the launcher's, which may have built first.
        var clock = Substitute.For<TimeProvider>();
        var now = DateTimeOffset.UtcNow;
        clock.GetUtcNow().Returns(now);
        var options = new TrainOptions();
        var command = new Command("train");
        options.AddTo(command);

        var request = options.Request(command.Parse(["penguins.csv", "--label", "species", "--budget", "5s"]), clock);
        request.StartedAt.ShouldBe(now);
        request.Budget.ShouldBe(TimeSpan.FromSeconds(5));
    }
}
