using AlgoFactory.Hosting.Monitoring;

namespace AlgoFactory.Hosting.Tests.Monitoring;

public sealed class MachineMemoryTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("algofactory-memory-");

    public MachineMemoryTests() => Write("proc/meminfo", "MemTotal:       16384 kB\nMemFree:         1000 kB\nMemAvailable:    4096 kB\n");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void Without_a_container_it_is_the_machines() => Used().ShouldBe(new MemoryUse(12288 << 10, 16384 << 10));

    [Fact]
    public void In_a_container_it_is_the_containers_without_pages_that_can_be_taken_back()
    {
        Write("proc/self/cgroup", "0::/\n");
        Write("sys/fs/cgroup/memory.max", "8388608\n");
        Write("sys/fs/cgroup/memory.current", "7000000\n");
        Write("sys/fs/cgroup/memory.stat", "anon 5000000\ninactive_file 1500000\ninactive_file_of_another 9\n");
        Used().ShouldBe(new MemoryUse(5_500_000, 8 << 20));
    }

    [Fact]
    public void Of_a_service_the_group_above_may_be_limited()
    {
        Write("proc/self/cgroup", "0::/system.slice/algofactory.service\n");
        Write("sys/fs/cgroup/system.slice/algofactory.service/memory.max", "max\n");
        Write("sys/fs/cgroup/system.slice/memory.max", "1000000\n");
        Write("sys/fs/cgroup/system.slice/memory.current", "900000\n");
        Used().ShouldBe(new MemoryUse(900_000, 1_000_000));
    }

    [Fact]
    public void Control_groups_of_version_1_are_read_too()
    {
        Write("proc/self/cgroup", "5:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "4194304\n");
        Write("sys/fs/cgroup/memory/memory.usage_in_bytes", "2000000\n");
        Write("sys/fs/cgroup/memory/memory.stat", "inactive_file 7\ntotal_inactive_file 500000\n");
        Used().ShouldBe(new MemoryUse(1_500_000, 4 << 20));
    }

    [Theory]
    [InlineData("0::/\n", "9223372036854771712")]
    [InlineData("0::/../../other\n", "-5")]
    [InlineData("nonsense", "100")]
    [InlineData("", "")]
    public void What_is_no_limit_is_passed_over(string group, string limit)
    {
        Write("proc/self/cgroup", group);
        Write("sys/fs/cgroup/memory.max", limit);
        Write("sys/fs/cgroup/memory.current", "10");
        Used().Limit.ShouldBe(16384 << 10);
    }

    [Fact]
    public void Elsewhere_than_on_Linux_it_is_the_process()
    {
        _root.CreateSubdirectory("none");
        var use = new MachineMemory(Path.Combine(_root.FullName, "none")).Read();
        use.Used.ShouldBeGreaterThan(1 << 20);
        use.Limit.ShouldBeGreaterThan(use.Used);
    }

    [Fact]
    public void This_machine_has_memory_and_uses_some()
    {
        var use = new MachineMemory().Read();
        use.Used.ShouldBeInRange(1 << 20, use.Limit);
    }

    private MemoryUse Used() => new MachineMemory(_root.FullName).Read();

    private void Write(string file, string text)
    {
        var path = Path.Combine(_root.FullName, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
