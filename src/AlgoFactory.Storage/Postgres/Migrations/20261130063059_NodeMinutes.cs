using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace AlgoFactory.Storage.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class NodeMinutes : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "node_minutes",
                columns: table => new
                {
                    node = table.Column<string>(type: "text", nullable: false),
                    minute = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    cpu = table.Column<double>(type: "double precision", nullable: false),
                    working_set = table.Column<long>(type: "bigint", nullable: false),
                    memory_used = table.Column<long>(type: "bigint", nullable: false),
                    memory_limit = table.Column<long>(type: "bigint", nullable: false),
                    gc_pause = table.Column<double>(type: "double precision", nullable: false),
                    queue = table.Column<double>(type: "double precision", nullable: false),
                    requests = table.Column<long>(type: "bigint", nullable: false),
                    server_busy = table.Column<long>(type: "bigint", nullable: false),
                    key_limited = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_node_minutes", x => new { x.minute, x.node });
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "node_minutes");
        }
    }
}
