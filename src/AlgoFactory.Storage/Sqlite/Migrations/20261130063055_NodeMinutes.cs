using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace AlgoFactory.Storage.Sqlite.Migrations
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
                    node = table.Column<string>(type: "TEXT", nullable: false),
                    minute = table.Column<string>(type: "TEXT", nullable: false),
                    cpu = table.Column<double>(type: "REAL", nullable: false),
                    working_set = table.Column<long>(type: "INTEGER", nullable: false),
                    memory_used = table.Column<long>(type: "INTEGER", nullable: false),
                    memory_limit = table.Column<long>(type: "INTEGER", nullable: false),
                    gc_pause = table.Column<double>(type: "REAL", nullable: false),
                    queue = table.Column<double>(type: "REAL", nullable: false),
                    requests = table.Column<long>(type: "INTEGER", nullable: false),
                    server_busy = table.Column<long>(type: "INTEGER", nullable: false),
                    key_limited = table.Column<long>(type: "INTEGER", nullable: false)
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
