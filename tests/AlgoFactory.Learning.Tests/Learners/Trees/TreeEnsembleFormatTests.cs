using System.Text;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit.Trees;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Trees;

public class TreeEnsembleFormatTests
{
    private static Dictionary<string, byte[]> Written()
    {
        var model = new GbdtLearner().Fit(RandomTable.Create(500, 1, TaskKind.Binary), ParameterSet.Empty.With("rounds", 5), FitContext.Create(1)).Model;
        var writer = new ArtefactSectionWriter();
        model.Write(writer);
        return writer.Entries.ToDictionary(e => e.Key, e => e.Value);
    }

    private static IModel Read(Dictionary<string, byte[]> entries) => new ArtefactReaders(TreeFormats.Readers, [])
        .ReadModel(TreeFormats.Gbdt, new ArtefactSection(entries.ToDictionary(e => e.Key, e => (ReadOnlyMemory<byte>)e.Value)));

    [Fact]
    public void Every_missing_or_cut_entry_is_a_clear_error()
    {
        var written = Written();
        foreach (var name in written.Keys)
        {
            Should.Throw<ArtefactFormatException>(() => Read(written.Where(e => e.Key != name).ToDictionary(e => e.Key, e => e.Value)), name);
            Should.Throw<ArtefactFormatException>(() => Read(new(written) { [name] = written[name][..^1] }), name);
        }
    }

    [Fact]
    public void Broken_bytes_end_in_a_clear_error_or_in_a_model_that_predicts()
    {
        var written = Written();
        var rows = RandomTable.Create(100, 2, TaskKind.Binary).Features;
        var random = new Random(1);
        var refused = 0;
        for (var i = 0; i < 3000; i++)
        {
            var name = written.Keys.ElementAt(random.Next(written.Count));
            var bytes = (byte[])written[name].Clone();
            for (var j = 0; j <= random.Next(3); j++)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                Read(new(written) { [name] = bytes }).Predict(rows, new float[100]);
            }
            catch (ArtefactFormatException)
            {
                refused++;
            }
            catch (ArgumentException)
            {
                name.ShouldEndWith("trees.json");
            }
        }

        refused.ShouldBeGreaterThan(1000);
    }

    [Theory]
    [InlineData("{\"width\":2000000000,\"outputs\":1,\"leafWidth\":1,\"trees\":5}")]
    [InlineData("{\"width\":7,\"outputs\":0,\"leafWidth\":1,\"trees\":5}")]
    [InlineData("{\"width\":7,\"outputs\":1,\"leafWidth\":3,\"trees\":5}")]
    [InlineData("{\"width\":7,\"outputs\":1,\"leafWidth\":1,\"trees\":-1}")]
    [InlineData("{\"width\":1,\"outputs\":1,\"leafWidth\":1,\"trees\":5}")]
    [InlineData("null")]
    public void Impossible_headers_are_refused(string header)
    {
        var written = Written();
        written["ensemble/trees.json"] = Encoding.UTF8.GetBytes(header);
        Should.Throw<ArtefactFormatException>(() => Read(written));
    }

    [Fact]
    public void A_tree_that_walks_in_circles_is_refused()
    {
        var written = Written();
        var child = written["ensemble/arrays/child.bin"];
        BitConverter.TryWriteBytes(child.AsSpan(16), 0);
        Should.Throw<ArtefactFormatException>(() => Read(written)).Message.ShouldContain("leads astray");
    }
}
