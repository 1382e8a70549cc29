using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Autograd.Zoo;
using Autograd.Zoo.Reports;

namespace Autograd.Tests.Zoo.Reports;

/// <summary>The page about a run: all its parts, one file, readable by machines too, also of a run that is damaged or not finished.</summary>
public sealed partial class ReportTests : IDisposable
{
    private readonly CliRunner _cli = new();

    public void Dispose() => _cli.Dispose();

    /// <summary>The level is at the upper edge, where the name of the best would stand, too.</summary>
    [Fact]
    public void NamesInAChartDoNotCover()
    {
        double[] steps = [20, 40, 60, 80, 100, 120], values = [0.999, 0.997, 0.9948, 0.9955, 0.996, 0.9962];
        string svg = new Chart("step", "ratio").Add(new Line("validation", steps, values), dots: true).Level("expected 1.005", 1.005).Mark("best at step 60: 0.9948", 60, 0.9948).Draw();
        string[] drawings = [.. svg.Split("<svg").Skip(1)];
        Assert.Equal(2, drawings.Length);
        foreach (string drawing in drawings)
        {
            (double From, double To, double Height)[] names = [.. Regex.Matches(drawing, "class=\"note\" x=\"([0-9.]+)\" y=\"([0-9.]+)\" text-anchor=\"(start|end)\">([^<]+)<").Select(static match =>
            {
                double at = Number(match, 1), width = 6.9 * match.Groups[4].Length;
                return match.Groups[3].Value == "start" ? (at, at + width, Number(match, 2)) : (at - width, at, Number(match, 2));
            })];
            Assert.Equal(2, names.Length);
            Assert.True(names[0].To < names[1].From || names[1].To < names[0].From || Math.Abs(names[0].Height - names[1].Height) >= 14, drawing);
        }

        static double Number(Match match, int group) => double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void A_report_has_all_parts_and_needs_nothing_else()
    {
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--steps", "620", "--size", "4"));
        string text = Report(out XElement page);
        Assert.StartsWith("<!DOCTYPE html>", text, StringComparison.Ordinal);
        string[] titles = [.. page.Descendants("h2").Select(element => element.Value)];
        Assert.Equal(["Training", "<Text>", "Table", "Heat", "Lines", "Picture", "Sample", "Network", "Settings"], titles);
        Assert.Equal("fake", page.Descendants("h1").Single().Value);
        Assert.Contains("A model for tests.", page.Value, StringComparison.Ordinal);

        // The figure, what was expected, and the facts of the run.
        Assert.Contains("The model's page promises 0.25, which this run does not reach.", page.Value, StringComparison.Ordinal);
        Assert.Contains("above 0.5000, below which no model can come", page.Value, StringComparison.Ordinal);
        Dictionary<string, string> facts = page.Descendants("dl").Single().Elements("div").ToDictionary(fact => fact.Element("dt")!.Value, fact => fact.Element("dd")!.Value);
        Assert.Equal(("numbers", "620", "4", "1", "in 25 % of the steps"), (facts["data"], facts["steps"], facts["trained numbers"], facts["seed"], facts["gradient clipped"]));

        // The curves: training and validation, with the best step and the expected figure.
        XElement curve = page.Descendants("svg").First(svg => Class(svg).Contains("for-wide"));
        Assert.Equal(2, curve.Elements("polyline").Count(line => !Class(line).Contains("raw")));
        Assert.Equal(7, curve.Elements("circle").Count(circle => Class(circle) == "s1"));
        Assert.Single(curve.Elements("circle"), circle => Class(circle) == "ring");
        Assert.Contains(curve.Elements("text"), note => note.Value.StartsWith("best at step ", StringComparison.Ordinal));
        Assert.Contains(curve.Elements("text"), note => note.Value == "expected 0.25");
        Assert.Contains(page.Descendants("figcaption"), caption => caption.Value.StartsWith("gradient norm", StringComparison.Ordinal));
        Assert.Contains(page.Descendants("figcaption"), caption => caption.Value.StartsWith("learning rate", StringComparison.Ordinal));

        // The settings, and how to train it again.
        Assert.Contains(page.Descendants("pre"), pre => pre.Value == "train fake --size 4");
        Assert.All(_cli.Model.Settings, setting => Assert.Contains(page.Descendants("code"), name => name.Value == setting.Option));
        Assert.Equal(["--size"], page.Descendants("tr").Where(row => Class(row) == "given").Select(row => row.Descendants("code").Single().Value));

        Assert.Empty(page.Descendants("script"));
        Assert.Empty(page.Descendants("link"));
        Assert.DoesNotContain(page.Descendants().SelectMany(element => element.Attributes()), attribute => attribute.Name.LocalName is "src" or "href" || attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
        Assert.DoesNotContain("url(", text, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", text, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Infinity", text, StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme: dark", text, StringComparison.Ordinal);
        Assert.Contains("width=device-width", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_that_is_drawn_lies_inside_its_picture()
    {
        _cli.Model.Parts =
        [
            new LinesPart("Wide", "", "x", "y", [new Line("a", [0, 1e6], [-1e9, 1e9]), new Line("b", [5], [1e-9])]),
            new LinesPart("Level", "", "x", "y", [new Line("a", [1, 2, 3], [7, 7, 7])]),
            new LinesPart("Deep", "", "x", "y", [new Line("a", [1, 2, 3, 4], [1e-8, 1e-4, double.PositiveInfinity, 30])], new Band("sure", [1, 2, 3], [1e-8, 1e-5, double.NaN], [1e-7, 1e-3, 1])),
            new LinesPart("Long", "", "x", "y", [new Line("a", [.. Enumerable.Range(0, 5000).Select(i => (double)i)], [.. Enumerable.Range(0, 5000).Select(i => Math.Sin(i * 0.01))])]),
            new LinesPart("None", "", "x", "y", [new Line("a", [], [])]),
        ];
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--steps", "220"));
        Report(out XElement page);
        Assert.Single(page.Descendants("p"), none => Class(none) == "none" && none.Value == "y: nothing to draw yet.");
        XElement[] charts = [.. page.Descendants("svg").Where(svg => Class(svg).Contains("chart"))];
        Assert.Equal(2 + 2 + (2 * 5), charts.Length);
        foreach (XElement chart in charts)
        {
            double[] box = [.. chart.Attribute("viewBox")!.Value.Split(' ').Select(Number)];
            foreach (string points in chart.Elements().Select(shape => shape.Attribute("points")?.Value).OfType<string>())
            {
                Assert.All(points.Split(' '), point =>
                {
                    Assert.InRange(Number(point.Split(',')[0]), 0, box[2]);
                    Assert.InRange(Number(point.Split(',')[1]), 0, box[3]);
                });
                Assert.InRange(points.Split(' ').Length, 2, 720);
            }
            foreach (XElement label in chart.Elements("text"))
            {
                double x = Number(label.Attribute("x")!.Value), width = 6.6 * label.Value.Length;
                double left = label.Attribute("text-anchor")?.Value switch { "end" => x - width, "middle" => x - (width / 2), _ => x };
                Assert.True(left >= -1 && left + width <= box[2] + 1, $"{label}");
                Assert.InRange(Number(label.Attribute("y")!.Value), 8, box[3]);
            }
            // Labels of the x axis keep apart.
            (double From, double To)[] ticks = [.. chart.Elements("text").Where(label => label.Attribute("text-anchor")?.Value == "middle").SkipLast(1)
                .Select(label => (Number(label.Attribute("x")!.Value) - (3.3 * label.Value.Length), Number(label.Attribute("x")!.Value) + (3.3 * label.Value.Length)))];
            Assert.All(ticks.Zip(ticks.Skip(1)), pair => Assert.True(pair.First.To < pair.Second.From));
        }

        static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void A_heat_map_shows_values_by_strength_and_by_number()
    {
        _cli.Model.Parts = [new HeatPart("Confusion", "", ["cat", "dog"], ["cat", "dog"], [[16, 1], [0, double.NaN]], "is", "read", "0"),
            new HeatPart("Empty", "", ["a"], ["b"], [[0]], "row", "column")];
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--steps", "20"));
        Report(out XElement page);
        XElement[] sections = [.. page.Descendants("section")];
        XElement confusion = sections.Single(section => section.Element("h2")?.Value == "Confusion");
        XElement[] cells = [.. confusion.Descendants("tbody").Single().Descendants("td")];
        Assert.Equal(["16", "1", "0", "–"], cells.Select(cell => cell.Value));
        Assert.Equal(["--v:1", "--v:0.25", "--v:0", "--v:0"], cells.Select(cell => cell.Attribute("style")!.Value));
        Assert.Equal(["strong same", "", "zero", "same"], cells.Select(Class));
        Assert.Equal(["cat, cat: 16", "cat, dog: 1"], cells[..2].Select(cell => cell.Attribute("title")!.Value));
        Assert.Equal(["0", "1", "4", "9", "16"], confusion.Descendants("span").Where(span => Class(span.Parent!) == "key").Select(span => span.Value));
        Assert.DoesNotContain(sections.Single(section => section.Element("h2")?.Value == "Empty").Elements("p"), key => Class(key) == "key");
    }

    [Fact]
    public void Text_is_escaped_wherever_it_stands()
    {
        const string Bad = "<script>alert('x')</script> & \"q\" \u0001 \uffff \ud800 ]]> é 漢";
        _cli.Model.Parts =
        [
            new TextPart(Bad, Bad, Bad), new TablePart(Bad, Bad, [Bad], [[Bad]]), new HeatPart(Bad, Bad, [Bad], [Bad], [[1]], Bad, Bad, "0"),
            new LinesPart(Bad, Bad, Bad, Bad, [new Line(Bad, [1, 2], [1, 2])], new Band(Bad, [1, 2], [0, 0], [2, 2])),
        ];
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--steps", "20"));
        string text = Report(out XElement page);
        Assert.DoesNotContain("<script", text, StringComparison.Ordinal);
        const string Shown = "<script>alert('x')</script> & \"q\" \\u{1} \\u{ffff} \ufffd ]]> é 漢";
        Assert.Equal(4, page.Descendants("h2").Count(title => title.Value == Shown));
        Assert.Contains(page.Descendants("pre"), pre => pre.Value == Shown);
        Assert.Contains(page.Descendants("td"), cell => cell.Value == Shown);
    }

    [Fact]
    public void Numbers_do_not_depend_on_the_culture()
    {
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--steps", "220"));
        string expected = Report(out _);
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("", false)
            {
                NumberFormat = new NumberFormatInfo { NumberDecimalSeparator = ",", NumberGroupSeparator = ".", NegativeSign = "−", PositiveSign = "＋", NaNSymbol = "¤" },
            };
            Assert.Equal(expected, Report(out _));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void A_run_that_is_not_finished_has_a_report()
    {
        _cli.Model.BeforeStep = step =>
        {
            if (step == 150)
                _cli.Stopping.Request(ExitCode.Interrupted);
        };
        Assert.Equal(ExitCode.Interrupted, _cli.Train("--quiet"));
        Report(out XElement page);
        Assert.Contains("Not finished", page.Value, StringComparison.Ordinal);
        Assert.Contains($"goes on with train fake --resume --out {_cli.Folder["run"]}.", page.Value, StringComparison.Ordinal);
        Assert.Contains("What the network of step 100 gives.", page.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_has_no_model_yet_has_none_to_report_on()
    {
        _cli.Model.BeforeStep = _ => throw new IOException("disk");
        Assert.Equal(ExitCode.Disk, _cli.Train("--quiet"));
        Assert.Equal(ExitCode.InputFile, _cli.Invoke("report", _cli.Folder["run"]));
        Assert.Contains("expected the folder of a run, got no checkpoint; ", _cli.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_cli["report.html"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"steps\":")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"model\":7}")]
    public void A_damaged_result_is_told_and_left_out(string content)
    {
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--steps", "120"));
        File.WriteAllText(_cli["result.json"], content);
        Report(out XElement page, warnings: true);
        Assert.StartsWith($"autograd: warning: {_cli["result.json"]}: expected the result of a run, got a file that cannot be read (", _cli.Error, StringComparison.Ordinal);
        Assert.Contains("Not finished", page.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_metrics_are_told_and_left_out()
    {
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--steps", "120"));
        string[] lines = File.ReadAllLines(_cli["metrics.jsonl"]);
        string[] bad = ["{", "[]", "7", "{\"step\":5}", "{\"step\":5,\"split\":\"train\"}", "{\"step\":\"5\",\"split\":\"train\",\"loss\":1}", "{\"step\":5,\"split\":\"train\",\"loss\":1e999,\"learning_rate\":1,\"gradient_norm\":1}", "\0\u0001"];
        File.WriteAllLines(_cli["metrics.jsonl"], [lines[0], .. bad, .. lines[1..]]);
        Report(out XElement page, warnings: true);
        Assert.Equal($"autograd: warning: {_cli["metrics.jsonl"]}: line 2: expected a JSON object with a step's figures, got another text; it and {bad.Length - 1} more are left out",
            _cli.Error.TrimEnd());
        Assert.Equal(2, page.Descendants("svg").First(svg => Class(svg).Contains("for-wide")).Elements("circle").Count(circle => Class(circle) == "s1"));

        File.Delete(_cli["metrics.jsonl"]);
        Report(out page, warnings: true);
        Assert.Contains("metrics.jsonl: expected the curves of the run, got no such file", _cli.Error, StringComparison.Ordinal);
        Assert.Contains("nothing to draw yet", page.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_no_run_of_these_models_is_refused()
    {
        Assert.Equal(ExitCode.Ok, _cli.Train("--quiet", "--steps", "20"));
        string config = File.ReadAllText(_cli["config.json"]);
        File.WriteAllText(_cli["config.json"], config.Replace("\"fake\"", "\"unknown\"", StringComparison.Ordinal));
        Assert.Equal(ExitCode.Usage, _cli.Invoke("report", _cli.Folder["run"]));
        Assert.Contains("model: expected one of another, fake, got unknown; use the program that made the run", _cli.Error, StringComparison.Ordinal);
        File.WriteAllText(_cli["config.json"], config.Replace("\"fake\"", "\"another\"", StringComparison.Ordinal));
        Assert.Equal(ExitCode.InputFile, _cli.Invoke("report", _cli.Folder["run"]));
        Assert.Contains("metadata 'model': expected another, got fake", _cli.Error, StringComparison.Ordinal);
        File.Delete(_cli["config.json"]);
        Assert.Equal(ExitCode.InputFile, _cli.Invoke("report", _cli.Folder["run"]));
        Assert.False(File.Exists(_cli["report.html"]));
    }

    [Fact]
    public void Reports_of_real_models_are_well_formed()
    {
        using TempFolder folder = new();
        foreach ((string model, string[] options) in ((string, string[])[])[("memory", ["--time", "12", "--hidden", "4", "--batch", "4", "--steps", "30"]), ("hello", ["--steps", "60"])])
        {
            ZooRun.Train(model, folder[model], options);
            (int code, _, string error) = ZooRun.Invoke("report", folder[model]);
            Assert.True(code == ExitCode.Ok, error);
            XElement page = Parse(File.ReadAllText(Path.Combine(folder[model], "report.html")));
            Assert.Contains(page.Descendants("h2"), title => title.Value.StartsWith("Gradient flow", StringComparison.Ordinal));
        }
    }

    private static string Class(XElement element) => element.Attribute("class")?.Value ?? "";

    private string Report(out XElement page, bool warnings = false)
    {
        int code = _cli.Invoke("report", _cli.Folder["run"]);
        Assert.True(code == ExitCode.Ok, _cli.Error);
        if (!warnings)
            Assert.Equal("", _cli.Error);
        Assert.Equal(_cli["report.html"], _cli.Output.TrimEnd());
        string text = File.ReadAllText(_cli["report.html"]);
        page = Parse(text);
        return text;
    }

    /// <summary>The page as XML, without the name space of its pictures: whatever is open is closed, and every character is allowed.</summary>
    private static XElement Parse(string page)
    {
        using XmlReader reader = XmlReader.Create(new StringReader(NameSpace().Replace(page, "")), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XElement.Load(reader);
    }

    [GeneratedRegex(" xmlns=\"[^\"]*\"")]
    private static partial Regex NameSpace();
}
