namespace Autograd.Tests.Training;

public sealed class ConfusionMatrixTests
{
    /// <summary>The examples of scikit-learn's pages of confusion_matrix, f1_score and classification_report.</summary>
    [Fact]
    public void PublishedExamples()
    {
        ConfusionMatrix counts = Of(3, [2, 0, 2, 2, 0, 1], [0, 0, 2, 2, 0, 2]);
        Assert.Equal([2, 0, 0, 0, 0, 1, 1, 0, 2], from truth in Enumerable.Range(0, 3) from prediction in Enumerable.Range(0, 3) select counts[truth, prediction]);

        ConfusionMatrix f1 = Of(3, [0, 1, 2, 0, 1, 2], [0, 2, 1, 0, 0, 1]);
        Assert.Equal([0.8, 0, 0], Enumerable.Range(0, 3).Select(f1.F1));
        Assert.Equal(0.8 / 3, f1.MacroF1(), 1e-15);
        Assert.Equal(1.0 / 3, f1.MicroF1(), 1e-15);

        ConfusionMatrix report = Of(3, [0, 1, 2, 2, 2], [0, 0, 2, 2, 1]);
        Assert.Equal([0.5, 0, 1], Enumerable.Range(0, 3).Select(report.Precision));
        Assert.Equal([1, 0, 2.0 / 3], Enumerable.Range(0, 3).Select(report.Recall));
        Assert.Equal((0.6, 5L, 3), (report.Accuracy, report.Count, report.Classes));
        Assert.Equal(((2.0 / 3) + 0.8) / 3, report.MacroF1(), 1e-15);
    }

    /// <summary>Against loops over the examples, with classes that do not come, and some of the classes chosen.</summary>
    [Fact]
    public void FiguresAreThoseOfLoops() => Laws.HoldForChoices(80, Laws.Deep ? 20_000 : 500, (20_260_101, 1_234_567), choose =>
    {
        int classes = choose.Between(1, 5), count = choose.Between(0, 20);
        int[] truth = choose.Indices(count, classes), predictions = choose.Indices(count, classes), chosen = choose.Indices(choose.Between(0, 3), classes);
        ConfusionMatrix matrix = new(classes);
        int cut = choose.Below(count + 1);
        matrix.Add(truth.AsSpan(0, cut), predictions.AsSpan(0, cut));
        for (int i = cut; i < count; i++) matrix.Add(truth[i], predictions[i]);
        double sum = 0, right = 0, guessed = 0, there = 0;
        int seen = 0, exact = 0;
        for (int label = 0; label < classes; label++)
        {
            double truePositives = 0, falsePositives = 0, falseNegatives = 0;
            for (int i = 0; i < count; i++)
            {
                if (truth[i] == label && predictions[i] == label) truePositives++;
                if (truth[i] != label && predictions[i] == label) falsePositives++;
                if (truth[i] == label && predictions[i] != label) falseNegatives++;
            }

            double precision = truePositives + falsePositives == 0 ? 0 : truePositives / (truePositives + falsePositives);
            double recall = truePositives + falseNegatives == 0 ? 0 : truePositives / (truePositives + falseNegatives);
            double f1 = precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
            Assert.Equal(precision, matrix.Precision(label), 1e-15);
            Assert.Equal(recall, matrix.Recall(label), 1e-15);
            Assert.Equal(f1, matrix.F1(label), 1e-15);
            exact += (int)truePositives;
            if (chosen.Length > 0 && !chosen.Contains(label)) continue;
            (right, guessed, there) = (right + truePositives, guessed + truePositives + falsePositives, there + truePositives + falseNegatives);
            if (truePositives + falsePositives + falseNegatives == 0) continue;
            sum += f1;
            seen++;
        }

        Assert.Equal(count == 0 ? 0 : (double)exact / count, matrix.Accuracy, 1e-15);
        Assert.Equal(seen == 0 ? 0 : sum / seen, matrix.MacroF1(chosen), 1e-15);
        Assert.Equal(guessed + there == 0 ? 0 : 2 * right / (guessed + there), matrix.MicroF1(chosen), 1e-15);
        Assert.Equal(matrix.Accuracy, matrix.MicroF1());
        Assert.Equal(count, matrix.Count);
    });

    [Fact]
    public void PaddingIsLeftOut()
    {
        ConfusionMatrix matrix = new(2);
        matrix.Add([0, -100, 1, -100], [0, 1, 0, 77], ignoreIndex: -100);
        Assert.Equal((2L, 0.5), (matrix.Count, matrix.Accuracy));
    }

    [Fact]
    public void ATableIsPrinted()
    {
        ConfusionMatrix matrix = new(["cat", "horse"]);
        matrix.Add([0, 0, 0, 1], [0, 0, 1, 1]);
        Assert.Equal(
            """
            truth \ prediction  cat  horse  precision  recall      F1  examples
            cat                   2      1     1.0000  0.6667  0.8000         3
            horse                 0      1     0.5000  1.0000  0.6667         1
            accuracy 0.7500 of 4 examples, macro F1 0.7333
            """.ReplaceLineEndings("\n"), matrix.ToString());
        string[] many = new ConfusionMatrix(1_000).ToString().Split('\n');
        Assert.Equal((1_002, "class  precision  recall      F1  examples"), (many.Length, many[0]));
        Assert.Equal("999       0.0000  0.0000  0.0000         0", many[1_000]);
    }

    [Fact]
    public void ClassesOutOfRangeAreRefusedWithBothNames()
    {
        ConfusionMatrix matrix = new(["cat", "dog"]);
        ArgumentOutOfRangeException one = Assert.Throws<ArgumentOutOfRangeException>(() => matrix.Add(2, 1));
        Assert.Contains("truth 2 (no class), prediction 1 (dog); there are 2 classes, numbered 0 … 1", one.Message, StringComparison.Ordinal);
        Assert.Equal("truth", one.ParamName);
        ArgumentOutOfRangeException many = Assert.Throws<ArgumentOutOfRangeException>(() => matrix.Add([0, 1, 0], [0, 1, -1]));
        Assert.Contains("example 2: truth 0 (cat), prediction -1 (no class)", many.Message, StringComparison.Ordinal);
        Assert.Equal(("prediction", (object)-1), (many.ParamName, many.ActualValue));
        Assert.Contains("2 predictions were given for 3 examples", Assert.Throws<ArgumentException>(() => matrix.Add([0, 0, 0], [0, 0])).Message, StringComparison.Ordinal);
        Assert.Equal(0, matrix.Count); // nothing of what was refused
        Assert.Equal(0, matrix[0, 0] + matrix[1, 1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix[0, 2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.Precision(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.Recall(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.F1(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.MacroF1(0, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.MicroF1(-1));
        Assert.Contains("1 … 46,340 classes, not 0", Assert.Throws<ArgumentOutOfRangeException>(() => new ConfusionMatrix(0)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConfusionMatrix(46_341));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConfusionMatrix([]));
        Assert.Throws<ArgumentNullException>(() => new ConfusionMatrix(null!));
    }

    private static ConfusionMatrix Of(int classes, int[] truth, int[] predictions)
    {
        ConfusionMatrix matrix = new(classes);
        matrix.Add(truth, predictions);
        return matrix;
    }
}
