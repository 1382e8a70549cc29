namespace Autograd.Zoo.Runs;

/// <summary>Settings that models share, with one name and one meaning.</summary>
internal static class CommonSettings
{
    public static Setting Data(string description) => new TextSetting("data", description) { MayChange = true };

    public static Setting Batch(long value) => new IntegerSetting("batch", "examples of a step", value, 1, 1 << 20);

    public static Setting Epochs(long value) => new IntegerSetting("epochs", "times that all examples are seen", value, 1, 1_000_000) { MayChange = true };

    public static Setting Steps(long value) => new IntegerSetting("steps", "training steps", value, 1, 1_000_000_000) { MayChange = true };

    public static Setting Hidden(long value) => new IntegerSetting("hidden", "features of the recurrent state", value, 1, 1 << 20);

    public static Setting Dropout(double value) => new NumberSetting("dropout", "share of features dropped while training", value, 0, 1) { BelowMost = true };

    public static Setting Seed { get; } = new IntegerSetting("seed", "seed of everything that chance decides", 1, 0, long.MaxValue);

    /// <summary>How parameters follow their gradients.</summary>
    public static IEnumerable<Setting> Optimization(double rate, string optimizer = "adam", string schedule = "constant", double clip = 5, string keep = "best") =>
    [
        new ChoiceSetting("optimizer", "how parameters follow their gradients", [optimizer, .. new[] { "adam", "adamw", "rmsprop", "sgd" }.Where(name => name != optimizer)]),
        new NumberSetting("learning-rate", "learning rate", rate, 0, 1e6) { AboveLeast = true },
        new ChoiceSetting(
            "schedule",
            "the learning rate over the run: constant; cosine or linear, to 0; last-quarter, a fifth in the last quarter; one-cycle, up and down",
            [schedule, .. new[] { "constant", "cosine", "linear", "last-quarter", "one-cycle" }.Where(name => name != schedule)]),
        new NumberSetting("decay", "how much of RMSprop's running average stays at each step", 0.95, 0, 1) { BelowMost = true },
        new NumberSetting("clip", "largest norm of all gradients together; 0 for no limit", clip, 0, 1e30),
        new IntegerSetting("accumulate", "batches whose gradients are added up for one step", 1, 1, 1 << 20),
        new IntegerSetting("patience", "validations without a better figure after which training stops; 0 for never", 0, 0, 1_000_000) { MayChange = true },
        new ChoiceSetting("keep", "which network is the run's model: the best of all validations, or the last one", keep, keep == "best" ? "last" : "best") { MayChange = true },
    ];

    public static Optimizer<float> Optimizer(SettingValues settings, Module<float> network)
    {
        double rate = settings.Number("learning-rate");
        return settings.Text("optimizer") switch
        {
            "adam" => new Adam<float>(network, rate),
            "adamw" => new AdamW<float>(network, rate),
            "sgd" => new Sgd<float>(network, rate),
            _ => new RmsProp<float>(network, rate, settings.Number("decay")),
        };
    }

    public static Schedule Schedule(SettingValues settings, long steps)
    {
        double rate = settings.Number("learning-rate");
        return settings.Text("schedule") switch
        {
            "cosine" => Autograd.Schedule.CosineAnnealing(rate, steps),
            "linear" => Autograd.Schedule.LinearWarmup(rate, steps, startFactor: 1, endFactor: 0),
            "last-quarter" => Autograd.Schedule.Constant(rate).Then(steps - (steps / 4), Autograd.Schedule.Constant(rate / 5)),
            "one-cycle" => Autograd.Schedule.OneCycle(rate, steps),
            _ => Autograd.Schedule.Constant(rate),
        };
    }
}
