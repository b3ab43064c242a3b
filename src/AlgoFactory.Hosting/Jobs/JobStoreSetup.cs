using AlgoFactory.Hosting.Options;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Quartz;

namespace AlgoFactory.Hosting.Jobs;

/// <summary>
/// The job store (Quartz.NET): a SQLite file in the data folder on one machine, the metadata's PostgreSQL in a cluster,
/// where another node takes over what a dead one was running.
/// </summary>
internal static class JobStoreSetup
{
    /// <summary>Adds the job store and its queue. Only a worker (<paramref name="runs"/>) takes jobs out of it.</summary>
    public static IServiceCollection AddJobStore(this IServiceCollection services, AlgoFactoryOptions options, DataFolders folders, bool runs)
    {
        services.AddSingleton<JobQueue>();
        services.AddQuartz(quartz =>
        {
            quartz.ConfigureScheduler(scheduler =>
            {
                scheduler.InstanceName = JobGroups.Scheduler;
                scheduler.InstanceId = $"{(runs ? "worker" : "server")}|{ProcessIdentity.Current}";
                // At the default of half a minute a new job would wait that long; at 5 s one node of a cluster took everything.
                scheduler.IdleWaitTime = TimeSpan.FromSeconds(1);
                scheduler.MaxBatchSize = 1;
            });
            quartz.UseDefaultThreadPool(options.Worker.Experiments + 4);
            quartz.UseExecutionLimits(limits => limits
                .ForGroup(JobGroups.Experiments, options.Worker.Experiments)
                .ForGroup(JobGroups.Profiles, 1)
                .ForGroup(JobGroups.Batches, 1)
                .ForGroup(JobGroups.Watching, 1)
                .ForGroup(JobGroups.Housekeeping, 1));
            quartz.UsePersistentStore(store =>
            {
                if (options.Database.IsPostgreSql)
                {
                    store.UsePostgres(NpgsqlFactory.Instance, options.Database.ConnectionString!);
                    // A sign of life at half of the time, so that one that is late is not taken for a death.
                    store.UseClustering(cluster => cluster.CheckinInterval = cluster.CheckinMisfireThreshold = TimeSpan.FromSeconds(options.Worker.TakeOverSeconds / 2.0));
                }
                else
                {
                    store.UseSqlite(SqliteFactory.Instance, $"Data Source={folders.JobDatabase}");
                }

                store.ProvisionSchema();
            });
            if (!runs)
                return;
            quartz.ScheduleJob<HousekeepingJob>(
                trigger => trigger.WithIdentity(JobGroups.Housekeeping, JobGroups.Housekeeping)
                    .WithExecutionGroup(JobGroups.Housekeeping).WithSimpleSchedule(TimeSpan.FromHours(1)),
                job => job.WithIdentity(JobGroups.Housekeeping, JobGroups.Housekeeping));
            quartz.ScheduleJob<WatchJob>(
                trigger => trigger.WithIdentity(JobGroups.Watching, JobGroups.Watching)
                    .WithExecutionGroup(JobGroups.Watching).WithSimpleSchedule(TimeSpan.FromSeconds(options.Monitoring.IntervalSeconds)),
                job => job.WithIdentity(JobGroups.Watching, JobGroups.Watching));
        });
        services.AddQuartzHostedService(hosted =>
        {
            hosted.AutoStart = runs;
            hosted.WaitForJobsToComplete = false;
        });
        return services;
    }
}
