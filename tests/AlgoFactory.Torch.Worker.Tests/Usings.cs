global using AlgoFactory.TestKit;
global using Shouldly;
global using Xunit;

// Some count the library's live handles.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
