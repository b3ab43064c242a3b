using AlgoFactory.Cli;

return await CommandLine.RunAsync(args);
