using System.Text.RegularExpressions;
using AlgoFactory.Search.Datasets;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Serving.Access;
using AlgoFactory.Storage.Rows;
using Microsoft.EntityFrameworkCore;

namespace AlgoFactory.Storage.Contexts;

/// <summary>The tables, the same for every provider. The two sealed contexts differ in column types and migrations only.</summary>
internal abstract partial class MetadataContext(DbContextOptions options) : DbContext(options)
{
    public DbSet<DatasetRow> Datasets => Set<DatasetRow>();

    public DbSet<ExperimentRow> Experiments => Set<ExperimentRow>();

    public DbSet<TrialRow> Trials => Set<TrialRow>();

    public DbSet<DeploymentRow> Deployments => Set<DeploymentRow>();

    public DbSet<DeploymentChangeRow> DeploymentChanges => Set<DeploymentChangeRow>();

    public DbSet<NodeReportRow> NodeReports => Set<NodeReportRow>();

    public DbSet<ApiKeyRow> ApiKeys => Set<ApiKeyRow>();

    public DbSet<AuditRow> AuditLog => Set<AuditRow>();

    public DbSet<MonitoringRow> Monitoring => Set<MonitoringRow>();

    public DbSet<FeedbackRow> Feedback => Set<FeedbackRow>();

    public DbSet<TrafficRow> Traffic => Set<TrafficRow>();

    public DbSet<NodeMinuteRow> NodeMinutes => Set<NodeMinuteRow>();

    protected override void ConfigureConventions(ModelConfigurationBuilder conventions)
    {
        conventions.Properties<DatasetState>().HaveConversion<string>();
        conventions.Properties<ExperimentState>().HaveConversion<string>();
        conventions.Properties<KeyRole>().HaveConversion<string>();
    }

    protected override void OnModelCreating(ModelBuilder model)
    {
        model.Entity<DatasetRow>().HasKey(d => d.Id);
        model.Entity<DatasetRow>().HasIndex(d => d.CreatedAt);

        model.Entity<ExperimentRow>().HasKey(e => e.Id);
        model.Entity<ExperimentRow>().HasIndex(e => e.CreatedAt);

        model.Entity<TrialRow>().HasKey(t => new { t.ExperimentId, t.Number });
        model.Entity<TrialRow>().HasOne<ExperimentRow>().WithMany().HasForeignKey(t => t.ExperimentId).OnDelete(DeleteBehavior.Cascade);

        model.Entity<DeploymentRow>().HasKey(d => d.Name);
        model.Entity<DeploymentChangeRow>().HasKey(d => new { d.Name, d.Revision });
        model.Entity<DeploymentChangeRow>().HasOne<DeploymentRow>().WithMany().HasForeignKey(d => d.Name).OnDelete(DeleteBehavior.Cascade);

        model.Entity<NodeReportRow>().HasKey(n => n.Node);

        model.Entity<ApiKeyRow>().HasKey(k => k.Id);
        model.Entity<AuditRow>().HasKey(a => a.Sequence);

        model.Entity<MonitoringRow>().HasKey(m => new { m.Kind, m.Id });
        model.Entity<MonitoringRow>().HasIndex(m => new { m.Kind, m.Deployment, m.At });
        model.Entity<FeedbackRow>().HasKey(f => new { f.PredictionId, f.PredictionRow });
        model.Entity<FeedbackRow>().HasIndex(f => f.PredictedAt);
        model.Entity<TrafficRow>().HasKey(t => new { t.Minute, t.Deployment, t.Node });
        model.Entity<NodeMinuteRow>().HasKey(m => new { m.Minute, m.Node });

        UseSnakeCase(model);
    }

    /// <summary>Names that an operator can write in SQL without quotes on both databases.</summary>
    private static void UseSnakeCase(ModelBuilder model)
    {
        foreach (var entity in model.Model.GetEntityTypes())
        {
            entity.SetTableName(SnakeCase(entity.GetTableName()!));
            foreach (var property in entity.GetProperties()) property.SetColumnName(SnakeCase(property.Name));
        }
    }

    private static string SnakeCase(string name) => WordStart().Replace(name, "_").ToLowerInvariant();

    [GeneratedRegex("(?<=[a-z0-9])(?=[A-Z])")]
    private static partial Regex WordStart();
}
