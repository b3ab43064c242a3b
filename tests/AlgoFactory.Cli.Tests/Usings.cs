global using AlgoFactory.TestKit;
global using Shouldly;
global using Xunit;
