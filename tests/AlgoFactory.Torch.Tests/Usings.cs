global using AlgoFactory.TestKit;
global using Shouldly;
global using Xunit;

// Every test here has worker processes, and one of them counts them.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
