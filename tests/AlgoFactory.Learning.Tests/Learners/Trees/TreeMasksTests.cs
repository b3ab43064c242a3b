using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.TestKit;
using AlgoFactory.TestKit.Trees;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Trees;

/// <summary>That the table finds the right leaves is a test of <see cref="TreeEvaluator"/>: rows one by one against the plain walk.</summary>
public class TreeMasksTests
{
    [Theory]
    [InlineData(40, 32, 1, 1, true)]
    [InlineData(24, 64, 3, 1, true)]
    [InlineData(24, 4, 3, 3, false)]
    public void Trees_of_up_to_64_leaves_have_a_table(int trees, int leaves, int outputs, int leafWidth, bool categorical) =>
        Create(trees, leaves, outputs, leafWidth, categorical).ShouldNotBeNull();

    [Fact]
    public void Larger_trees_and_tables_have_none()
    {
        Create(20, 250, 1, 1, false).ShouldBeNull();
        Create(1500, 64, 1, 1, true).ShouldBeNull();
    }

    private static TreeMasks? Create(int trees, int leaves, int outputs, int leafWidth, bool categorical)
    {
        var rows = RandomTable.Create(531, leaves, TaskKind.Regression, categorical, sparse: true).Features;
        var ensemble = RandomTrees.Create(new Random(1), rows, trees, leaves, outputs, leafWidth, categorical);
        return TreeMasks.Create(ensemble, new ThresholdQuantizer(ensemble.Trees, ensemble.BinOfCode, ensemble.Width, ensemble.Statistics));
    }
}
