using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace AlgoFactory.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class Rollouts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "plan",
                table: "deployment_changes",
                type: "TEXT",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "node_reports",
                columns: table => new
                {
                    node = table.Column<string>(type: "TEXT", nullable: false),
                    seen_at = table.Column<string>(type: "TEXT", nullable: false),
                    report = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_node_reports", x => x.node);
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "node_reports");

            migrationBuilder.DropColumn(
                name: "plan",
                table: "deployment_changes");
        }
    }
}
