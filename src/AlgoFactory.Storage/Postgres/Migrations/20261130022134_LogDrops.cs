using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace AlgoFactory.Storage.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class LogDrops : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "log_dropped",
                table: "traffic",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "log_dropped",
                table: "traffic");
        }
    }
}
