using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace AlgoFactory.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class Monitoring : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "feedback",
                columns: table => new
                {
                    prediction_id = table.Column<string>(type: "TEXT", nullable: false),
                    prediction_row = table.Column<int>(type: "INTEGER", nullable: false),
                    label = table.Column<string>(type: "TEXT", nullable: false),
                    predicted_at = table.Column<string>(type: "TEXT", nullable: false),
                    received_at = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_feedback", x => new { x.prediction_id, x.prediction_row });
                });

            migrationBuilder.CreateTable(
                name: "monitoring",
                columns: table => new
                {
                    kind = table.Column<string>(type: "TEXT", nullable: false),
                    id = table.Column<string>(type: "TEXT", nullable: false),
                    deployment = table.Column<string>(type: "TEXT", nullable: false),
                    at = table.Column<string>(type: "TEXT", nullable: false),
                    document = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_monitoring", x => new { x.kind, x.id });
                });

            migrationBuilder.CreateTable(
                name: "traffic",
                columns: table => new
                {
                    node = table.Column<string>(type: "TEXT", nullable: false),
                    deployment = table.Column<string>(type: "TEXT", nullable: false),
                    minute = table.Column<string>(type: "TEXT", nullable: false),
                    answered = table.Column<long>(type: "INTEGER", nullable: false),
                    refused = table.Column<long>(type: "INTEGER", nullable: false),
                    failed = table.Column<long>(type: "INTEGER", nullable: false),
                    rows = table.Column<long>(type: "INTEGER", nullable: false),
                    p50 = table.Column<double>(type: "REAL", nullable: false),
                    p99 = table.Column<double>(type: "REAL", nullable: false),
                    load_error = table.Column<string>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_traffic", x => new { x.minute, x.deployment, x.node });
                });

            migrationBuilder.CreateIndex(
                name: "IX_feedback_predicted_at",
                table: "feedback",
                column: "predicted_at");

            migrationBuilder.CreateIndex(
                name: "IX_monitoring_kind_deployment_at",
                table: "monitoring",
                columns: new[] { "kind", "deployment", "at" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "feedback");

            migrationBuilder.DropTable(
                name: "monitoring");

            migrationBuilder.DropTable(
                name: "traffic");
        }
    }
}
