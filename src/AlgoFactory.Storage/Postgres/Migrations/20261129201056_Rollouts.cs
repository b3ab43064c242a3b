using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace AlgoFactory.Storage.Postgres.Migrations
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
                type: "text",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "node_reports",
                columns: table => new
                {
                    node = table.Column<string>(type: "text", nullable: false),
                    seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    report = table.Column<string>(type: "text", nullable: false)
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
