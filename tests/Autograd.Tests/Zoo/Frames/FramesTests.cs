using System.Text.Json;
using Autograd.Zoo;
using Autograd.Zoo.Frames;

namespace Autograd.Tests.Zoo.Frames;

/// <summary>Films of a moving shape.</summary>
public sealed class FramesTests
{
    /// <summary>Chance is one of five.</summary>
    [Fact]
    public void AShortRunLearns()
    {
        using TempFolder folder = new();
        Assert.InRange(ZooRun.Value("frames", folder["run"], "--steps", "120", "--channels", "4", "--time", "6", "--hidden", "24", "--batch", "24", "--learning-rate", "0.008"), 0.45, 1);
    }

    [Fact]
    public void ASampleSaysWhatItSees()
    {
        using TempFolder folder = new();
        JsonElement result = ZooRun.Train("frames", folder["run"], "--steps", "2", "--channels", "1", "--time", "3", "--hidden", "2", "--batch", "2");
        Assert.Equal(JsonValueKind.Null, result.GetProperty("expected").ValueKind); // the page promises nothing for such settings
        (int code, string output, string error) = ZooRun.Invoke("sample", folder["run"]);
        Assert.True(code == ExitCode.Ok, error);
        Assert.Equal(["frame 0", "frame 1", "frame 2"], output.TrimEnd().ReplaceLineEndings("\n").Split('\n').Select(static line => line[..7]));
    }

    /// <summary>What is said of a frame is how the shape's middle moved: measured on the pictures, over the noise.</summary>
    [Fact]
    public void MovesAreThoseOfThePictures()
    {
        const int Time = 12, Batch = 20, Size = FramesData.Size;
        (Tensor<double> films, Tensor<int> moves) = FramesData.Films<double>(Time, Batch, new(1, 2));
        Assert.Equal(new Shape(Time, Batch, 1, Size, Size), films.Shape);
        double[] pixels = films.ToArray();
        int[] said = moves.ToArray();
        Assert.Equal(FramesData.Moves.Length, said.Distinct().Count());
        (int Down, int Right)[] steps = [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)];
        for (int b = 0; b < Batch; b++)
        {
            Assert.Equal(0, said[b]);
            for (int t = 1; t < Time; t++)
            {
                (int Row, int Column) now = Middle(t, b), before = Middle(t - 1, b);
                Assert.Equal(steps[said[(t * Batch) + b]], (now.Row - before.Row, now.Column - before.Column));
            }
        }

        // The place of the likeliest of the three shapes: under it pixels are 1, elsewhere 0, and all have the same noise.
        (int Row, int Column) Middle(int t, int b)
        {
            (double Score, int Row, int Column) best = default;
            foreach (string shape in (string[])["#########################", "  #    #  #####  #    #  ", "  #   ### ##### ###   #  "])
            {
                for (int row = 0; row <= Size - 5; row++)
                {
                    for (int column = 0; column <= Size - 5; column++)
                    {
                        double score = 0;
                        for (int i = 0; i < 25; i++)
                        {
                            if (shape[i] == '#') score += (2 * pixels[(((((t * Batch) + b) * Size) + row + (i / 5)) * Size) + column + (i % 5)]) - 1;
                        }

                        if (score > best.Score) best = (score, row, column);
                    }
                }
            }

            return (best.Row, best.Column);
        }
    }
}
