global using AlgoFactory.TestKit;
