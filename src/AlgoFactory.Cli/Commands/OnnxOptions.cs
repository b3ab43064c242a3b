using System.Collections.Immutable;
using System.CommandLine;
using AlgoFactory.Learning.Importing;

namespace AlgoFactory.Cli.Commands;

/// <summary>What a user says of an ONNX file, where the file does not say it itself.</summary>
internal sealed class OnnxOptions
{
    private readonly Option<string> _labels = new("--labels") { Description = "The classes, with commas, in the order of the output; of two, the second is the positive one.", HelpName = "A,B" };
    private readonly Option<string> _task = new("--task") { Description = "binary, multiclass or regression; told from the classes when not given.", HelpName = "TASK" };
    private readonly Option<string> _output = new("--output") { Description = "The output that scores, where there are several.", HelpName = "NAME" };
    private readonly Option<string> _columns = new("--columns") { Description = "Names of the columns, with commas, in the inputs' order; named after the inputs when not given.", HelpName = "A,B" };
    private readonly Option<string> _scores = new("--scores") { Description = "probability or logit.", HelpName = "KIND" };
    private readonly Option<string> _image = new("--image") { Description = "Take inputs of four sizes for images, and pixels as 0..255, 0..1, -1..1 or imagenet.", HelpName = "RANGE" };
    private readonly Option<string> _label = new("--label") { Description = "What the model predicts, as a column's name; 'prediction' when not given.", HelpName = "NAME" };

    /// <summary>The options.</summary>
    public IEnumerable<Option> All => [_labels, _task, _output, _columns, _scores, _image, _label];

    /// <summary>What a line says.</summary>
    public OnnxImportOptions Of(ParseResult line) => new()
    {
        Labels = Listed(line.GetValue(_labels)),
        Task = line.GetValue(_task),
        Output = line.GetValue(_output),
        Columns = Listed(line.GetValue(_columns)),
        Scores = line.GetValue(_scores),
        Image = line.GetValue(_image),
        Label = line.GetValue(_label) ?? "prediction",
    };

    /// <summary>What a line says, as a query of the API.</summary>
    public string Query(ParseResult line)
    {
        var options = Of(line);
        IEnumerable<KeyValuePair<string, string?>> fields =
        [
            .. options.Labels.Select(l => KeyValuePair.Create("labels", (string?)l)), new("task", options.Task), new("output", options.Output),
            .. options.Columns.Select(c => KeyValuePair.Create("columns", (string?)c)), new("scores", options.Scores), new("image", options.Image), new("label", options.Label),
        ];
        return string.Join('&', fields.Where(f => f.Value is not null).Select(f => $"{f.Key}={Uri.EscapeDataString(f.Value!)}"));
    }

    private static ImmutableArray<string> Listed(string? text) => [.. (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
}
