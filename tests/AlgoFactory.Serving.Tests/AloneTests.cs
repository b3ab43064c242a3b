using Xunit;

namespace AlgoFactory.Serving.Tests;

/// <summary>Tests that read the memory of the whole process, and so run while no other test does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneTests
{
    public const string Name = "alone";
}
