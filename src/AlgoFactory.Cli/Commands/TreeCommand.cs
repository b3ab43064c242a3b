using System.CommandLine;
using System.Text;
using AlgoFactory.Hosting;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Learners;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>tree MODEL.afm</c>: one of a model's trees as text, picture or data.</summary>
internal static class TreeCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "A model file (.afm) made of trees." };
        var index = new Option<int>("--index") { Description = "The tree, counted from 0.", HelpName = "NUMBER" };
        var member = new Option<int?>("--member") { Description = "The member of an ensemble, counted from 0; not given: the first made of trees.", HelpName = "NUMBER" };
        var svg = new Option<string?>("--svg") { Description = "Write a picture (SVG) of the tree to this file.", HelpName = "FILE" };
        var json = new Option<bool>("--json") { Description = "Write one JSON object to standard output." };
        var command = new Command("tree", "Show one of a model's trees.") { model, index, member, svg, json };
        command.SetAction((line, _) => CommandRun.RunAsync(_ =>
        {
            if (line.GetValue(svg) is { } drawing)
                OutputOption.Check(drawing, "--svg");
            var loaded = ModelFile.Load(line.GetRequiredValue(model), BuiltIn.Readers);
            var tree = loaded.Predictor.Tree(line.GetValue(index), line.GetValue(member));
            if (line.GetValue(svg) is { } picture)
                DurableFile.Write(picture, to => to.Write(Encoding.UTF8.GetBytes(TreeSvg.Draw(tree))));
            if (line.GetValue(json))
                Console.Out.WriteLine(ReportJson.Write(tree));
            else if (line.GetValue(svg) is { } written)
                Console.Error.WriteLine($"Tree {tree.Index} of {tree.Count} drawn into {written}.");
            else
                Console.Out.Write(TreeText.Draw(tree));
            return Task.CompletedTask;
        }));
        return command;
    }
}
