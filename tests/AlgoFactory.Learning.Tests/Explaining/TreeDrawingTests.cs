using System.Xml.Linq;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Explaining;

public class TreeDrawingTests
{
    private static TreeView Small(string name = "age") => new(0, 1, null,
    [
        new TreeNodeView(0, name, $"{name} ≤ 42.5", 1, 2, "no", 12, 100, []),
        new TreeNodeView(1, "city", "city in {Paris}", 3, 4, "yes", 3, 60, []),
        new TreeNodeView(2, null, null, null, null, null, 0, 40, [0.25]),
        new TreeNodeView(3, null, null, null, null, null, 0, 10, [-1]),
        new TreeNodeView(4, null, null, null, null, null, 0, 50, [1.0 / 3]),
    ]);

    [Fact]
    public void Text_has_a_line_a_node()
    {
        TreeText.Draw(Small()).ShouldBe(
            "age ≤ 42.5  [missing: no, gain 12, cover 100]\n" +
            "├─ yes: city in {Paris}  [missing: yes, gain 3, cover 60]\n" +
            "│  ├─ yes: leaf -1  [cover 10]\n" +
            "│  └─ no: leaf 0.33333  [cover 50]\n" +
            "└─ no: leaf 0.25  [cover 40]\n");
        TreeText.Draw(Small(), maxNodes: 3).ShouldBe(
            "age ≤ 42.5  [missing: no, gain 12, cover 100]\n" +
            "├─ yes: city in {Paris} … 2 leaves below  [missing: yes, gain 3, cover 60]\n" +
            "└─ no: leaf 0.25  [cover 40]\n");
    }

    [Theory]
    [InlineData("age")]
    [InlineData("<script>alert(\"1\")</script> & \u0001 ]]>")]
    public void A_picture_is_well_formed_and_has_no_script(string name)
    {
        var svg = TreeSvg.Draw(Small(name));
        var root = XDocument.Parse(svg).Root!;
        root.Descendants().Select(e => e.Name.LocalName).Distinct().Order().ShouldBe(["circle", "g", "path", "rect", "text", "title", "tspan"]);
        root.Descendants().SelectMany(e => e.Attributes()).ShouldAllBe(a => !a.Name.LocalName.StartsWith("on"));
        root.Value.ShouldContain(name.Replace('\u0001', '\uFFFD'));
        root.Descendants().Count(e => e.Name.LocalName == "g").ShouldBe(5);
    }

    [Theory]
    [InlineData("gbdt", TaskKind.Binary)]
    [InlineData("gbdt", TaskKind.Multiclass)]
    [InlineData("random-forest", TaskKind.Multiclass)]
    public void A_models_trees_are_shown_with_names_of_columns_and_categories(string learner, TaskKind kind)
    {
        var predictor = TinyModels.Fit(kind, 1, "linear", learner).Predictor;
        var model = (ITreeModel)predictor.Members[1].Model;
        predictor.TreeMembers().ShouldBe([1]);
        var tests = new List<string>();
        for (var t = 0; t < model.TreeCount; t++)
        {
            var tree = predictor.Tree(t);
            tree.Output.ShouldBe(learner == "gbdt" && kind == TaskKind.Multiclass ? predictor.Task.Classes[t % 3] : null);
            tree.Nodes.Where(n => n.Test is null).ShouldAllBe(n => n.Values.Length == (learner == "gbdt" || kind == TaskKind.Binary ? 1 : 3));
            tests.AddRange(tree.Nodes.Select(n => n.Test).OfType<string>());
            TreeText.Draw(tree).Count(c => c == '\n').ShouldBe(tree.Nodes.Length);
        }

        tests.ShouldContain(t => t.StartsWith("income ≤ "));
        tests.Where(t => t.StartsWith("city ")).ShouldAllBe(t => System.Text.RegularExpressions.Regex.IsMatch(t, @"^city (not )?in \{((Paris|Wien|1|Köln, Süd)(, )?)*\}$"));
        foreach (var importance in Enum.GetValues<ImportanceKind>())
            predictor.TreeImportance(importance).Sum(c => c.Share).ShouldBe(1, 1e-9);
        predictor.TreeImportance(ImportanceKind.Splits).ShouldNotBe(predictor.TreeImportance(ImportanceKind.Gain));
        Should.Throw<LearningException>(() => predictor.Tree(model.TreeCount)).Message.ShouldContain($"{model.TreeCount - 1}");
        Should.Throw<LearningException>(() => predictor.Tree(0, 0)).Message.ShouldContain("those that are: 1");
        Should.Throw<LearningException>(() => TinyModels.Fit(kind).Predictor.Tree(0)).Message.ShouldContain("linear");
    }
}
