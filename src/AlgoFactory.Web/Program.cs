using AlgoFactory.Hosting.Jobs;
using AlgoFactory.Web;

// The program that people start is AlgoFactory.Cli, whose `serve` and `worker` come to the same two lines; this one is for
// developing the web part alone.
return args is ["worker", .. var settings]
    ? await WorkerProgram.RunAsync(settings)
    : await WebProgram.RunAsync(args);
