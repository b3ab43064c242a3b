using System.Diagnostics;

namespace AlgoFactory.TestKit.Databases;

/// <summary>
/// A throw-away PostgreSQL cluster under a temporary folder, reached by its Unix socket only, so that any number of test
/// runs live beside each other. It ends with <see cref="Dispose"/>, and also when the test host is killed: the shell that
/// watches it ends when its standard input closes. A missing PostgreSQL fails the tests, it never skips them.
/// </summary>
public sealed class PostgresCluster : IDisposable
{
    private const string Script = """
        set -e
        bin=$1 data=$2
        as=
        if [ "$(id -u)" = 0 ]; then
            # initdb and postgres refuse root.
            chown postgres "$data"
            as='runuser -u postgres --'
        fi
        cd "$data"
        $as "$bin/initdb" -D "$data/db" -U postgres -A trust -E UTF8 --locale=C -N >"$data/initdb.log" 2>&1 ||
            { echo "initdb failed:"; cat "$data/initdb.log"; exit 1; }
        $as "$bin/postgres" -D "$data/db" -k "$data" -c listen_addresses= -c fsync=off -c synchronous_commit=off \
            -c full_page_writes=off -c max_connections=100 >"$data/postgres.log" 2>&1 &
        server=$!
        # The server's own process id, past runuser; QUIT: at once, without waiting for clients or saving anything.
        trap 'kill -QUIT "$(head -n 1 "$data/db/postmaster.pid")" 2>/dev/null; wait $server 2>/dev/null || true' EXIT
        for i in $(seq 200); do
            "$bin/pg_isready" -q -h "$data" && { echo ready; break; }
            kill -0 $server 2>/dev/null || break
            sleep 0.05
        done
        "$bin/pg_isready" -q -h "$data" || { echo "postgres did not start:"; cat "$data/postgres.log"; exit 1; }
        cat >/dev/null
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pg-");
    private readonly Process _shell;

    /// <summary>Makes and starts the cluster; about two seconds.</summary>
    public PostgresCluster()
    {
        var bin = FindBinaries();
        var start = new ProcessStartInfo("bash") { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])["-c", Script, "postgres-cluster", bin, _folder.FullName]) start.ArgumentList.Add(argument);
        _shell = Process.Start(start) ?? throw new InvalidOperationException("bash did not start.");
        if (_shell.StandardOutput.ReadLine() is not "ready" and var first)
        {
            var rest = _shell.StandardOutput.ReadToEnd();
            throw new InvalidOperationException($"The test's PostgreSQL did not start. {first}\n{rest}");
        }
    }

    /// <summary>An Npgsql connection string to a database of this cluster; <c>postgres</c> is there from the beginning.</summary>
    public string ConnectionString(string database = "postgres") => $"Host={_folder.FullName};Username=postgres;Database={database}";

    /// <summary>Stops the server and deletes its files.</summary>
    public void Dispose()
    {
        _shell.StandardInput.Close();
        _shell.WaitForExit();
        _shell.Dispose();
        _folder.Delete(recursive: true);
    }

    private static string FindBinaries()
    {
        const string Root = "/usr/lib/postgresql";
        var versions = Directory.Exists(Root) ? Directory.GetDirectories(Root) : [];
        return versions.Select(v => Path.Combine(v, "bin")).Where(b => File.Exists(Path.Combine(b, "initdb"))).Order(StringComparer.Ordinal).LastOrDefault()
            ?? throw new InvalidOperationException($"These tests need PostgreSQL and found no {Root}/*/bin/initdb; run ./test.sh once, it installs it.");
    }
}
