using System.Globalization;
using Autograd.Zoo;
using Autograd.Zoo.Runs;

namespace Autograd.Tests.Zoo.Runs;

public sealed class SmallPartsTests
{
    [Fact]
    public void Memory_is_refused_by_name_before_it_is_taken()
    {
        MemoryGuard.Require("--hidden", [("weights", [1000], 8)], available: 10_000);
        Failure failure = Assert.Throws<Failure>(() => MemoryGuard.Require(
            "--hidden, --batch", [("small", [1], 4), ("weights", [1001], 8), ("tape", [500, 2], 4)], available: 10_000));
        Assert.Equal(ExitCode.Resources, failure.Code);
        Assert.Equal(
            "--hidden, --batch: expected at most 8 kB of memory (80 % of the 10 kB available), "
                + "got a need of 12 kB (weights 8 kB, tape 4 kB, small 4 B); choose smaller sizes",
            failure.Message);
    }

    [Fact]
    public void Memory_of_absurd_sizes_does_not_overflow()
    {
        long[] huge = [long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue];
        Assert.Equal(ExitCode.Resources, Assert.Throws<Failure>(() => MemoryGuard.Require("x", [("a", huge, 8), ("b", huge, 8)])).Code);
        Assert.Throws<Failure>(() => MemoryGuard.Require("x", [("a", [1L << 32, 1L << 32], 4)]));
        MemoryGuard.Require("x", [("a", [long.MaxValue, 0], 8)]);
        Assert.True(MemoryGuard.Available > 1 << 20);
    }

    [Theory]
    [InlineData("hiden", "did you mean hidden?")]
    [InlineData("dataa", "did you mean data?")]
    [InlineData("zzzzzz", "otherwise")]
    [InlineData("", "otherwise")]
    public void The_nearest_word_is_proposed(string word, string expected) =>
        Assert.Equal(expected, Nearest.Hint(word, ["hidden", "data", "learning-rate"], "otherwise"));

    [Theory]
    [InlineData("", "abc", 3)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("flaw", "lawn", 2)]
    [InlineData("same", "same", 0)]
    public void Distance_of_words(string a, string b, int expected)
    {
        Assert.Equal(expected, Nearest.Distance(a, b));
        Assert.Equal(expected, Nearest.Distance(b, a));
    }

    [Fact]
    public void Numbers_do_not_depend_on_the_culture()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            // Invariant globalization knows no culture but this one can be made.
            CultureInfo.CurrentCulture = new CultureInfo("", false)
            {
                NumberFormat = new NumberFormatInfo { NumberDecimalSeparator = ",", NumberGroupSeparator = ".", NegativeSign = "−" },
            };
            var number = new NumberSetting("x", "", 1, -10, 10);
            Assert.Equal(0.001, number.Parse("0.001"));
            Assert.Equal(-1.5, number.Parse("-1.5"));
            Assert.Null(number.Parse("0,001"));
            Assert.Equal("a number from -10 to 10", number.Expected);
            Assert.Equal("0.5", Setting.Format(0.5));
            Assert.Equal(-3L, new IntegerSetting("n", "", 1, -5, 5).Parse("-3"));
            Assert.Equal("step 5/10  loss 0.1250  1,234 chars/s  1:05 left", new Autograd.Zoo.Runs.Progress(5, 10, 0.125, 1234.4, "chars",
                TimeSpan.FromSeconds(65)).ToString());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void The_second_wish_to_stop_is_not_taken()
    {
        using var stopping = new Stopping();
        Assert.False(stopping.Token.IsCancellationRequested);
        Assert.True(stopping.Request(ExitCode.Interrupted));
        Assert.True(stopping.Token.IsCancellationRequested);
        Assert.False(stopping.Request(ExitCode.Terminated));
        Assert.Equal(ExitCode.Interrupted, stopping.ExitCode);
    }

    [Fact]
    public void A_failure_is_one_line_whatever_it_is_about()
    {
        var failure = new Failure(ExitCode.Usage, "a\nb", "x\u001b[2J", "\ud800\u2028\u202e", "h\0");
        Assert.Equal("a\\u{a}b: expected x\\u{1b}[2J, got \\u{fffd}\\u{2028}\\u{202e}; h\\u{0}", failure.Message);
    }

    [Fact]
    public void A_display_escapes_what_a_model_wrote()
    {
        using var plain = new StringWriter();
        IDisplay display = new PlainDisplay(plain);
        display.During(() =>
        {
            display.Line("[red]line");
            display.Sample("a\u001b[31m\nb");
        });
        Assert.Equal($"[red]line{Environment.NewLine}  a\\u{{1b}}[31m{Environment.NewLine}  b{Environment.NewLine}", plain.ToString());

        using var bar = new StringWriter();
        display = new BarDisplay(bar);
        display.During(() =>
        {
            display.Step(new Autograd.Zoo.Runs.Progress(5, 10, 0.5, 100, "characters", TimeSpan.FromSeconds(1)));
            display.Line("[red]line");
            display.Sample("[blue]a\u001b[31m");
        });
        Assert.Contains("[red]line", bar.ToString(), StringComparison.Ordinal);
        Assert.Contains("[blue]a\\u{1b}[31m", bar.ToString(), StringComparison.Ordinal);
        Assert.Throws<InvalidTimeZoneException>(() => display.During(() => throw new InvalidTimeZoneException()));
    }
}
