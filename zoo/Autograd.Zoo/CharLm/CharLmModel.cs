using Autograd.Zoo.Runs;

namespace Autograd.Zoo.CharLm;

/// <summary>The character language model, as the commands see it.</summary>
internal sealed class CharLmModel : NetworkModel
{
    public override string Name => "char-lm";

    public override string Description => "A recurrent language model: reads a text character by character, learns to predict the next, and writes more of it.";

    public override IReadOnlyList<string> Cells => ["rnn", "lstm", "gru", "stacked"];

    public override IReadOnlyList<Setting> Settings { get; } =
    [
        CommonSettings.Data("UTF-8 text to learn; a text generated from a small grammar of English when not given"),
        new ChoiceSetting("cell", "recurrent cell", "lstm", "gru", "rnn"),
        CommonSettings.Hidden(128),
        new IntegerSetting("layers", "recurrent layers on top of each other", 1, 1, 100),
        new IntegerSetting("time", "steps of a chunk, over which gradients flow back", 50, 1, 1 << 20),
        new IntegerSetting("batch", "streams of the text read side by side", 32, 1, 1 << 20),
        CommonSettings.Steps(2000),
        .. CommonSettings.Optimization(2e-3, "rmsprop"),
        new NumberSetting("temperature", "temperature of the samples shown while training; 0 takes the most probable", 0.8, 0, 1e6) { MayChange = true },
        CommonSettings.Seed,
    ];

    protected override IReadOnlyDictionary<string, object> Small { get; } =
        new Dictionary<string, object> { ["hidden"] = 5L, ["time"] = 4L, ["batch"] = 3L };

    protected override ZooTask<T> Task<T>(SettingValues settings, IReadOnlyDictionary<string, string>? facts)
    {
        string? file = settings.Text("data");
        CharacterSet? known = facts is null ? null : CharacterSet.Of(facts["characters"]);
        Lazy<TextCorpus> text = new(() => file is null ? CharLmData.Generated(known) : TextCorpus.Load(file, known));
        CharacterSet characters = known ?? text.Value.Characters;
        RequireMemory(settings, characters.Count);
        if (facts is null) CharLmData.RequireChunk(text.Value, settings.Integer("batch"), settings.Integer("time"));
        int hidden = settings.Integer("hidden"), layers = settings.Integer("layers");
        return settings.Text("cell") switch
        {
            "rnn" => Of<Hidden<T>>(new Rnn<T>(characters.Count, hidden, layers)),
            "gru" => Of<Hidden<T>>(new Gru<T>(characters.Count, hidden, layers)),
            _ => Of<LstmState<T>>(new Lstm<T>(characters.Count, hidden, layers)),
        };

        ZooTask<T> Of<TState>(RecurrentLayer<T, TState> layer)
            where TState : struct, IState<TState, T> => new CharLmTask<T, TState>(settings, characters, text, new(layer));
    }

    /// <summary>Refuses sizes for which a step would not fit into memory, before anything of them is made.</summary>
    private static void RequireMemory(SettingValues settings, int characters)
    {
        long gates = settings.Text("cell") switch
        {
            "rnn" => 1,
            "gru" => 3,
            _ => 4,
        };
        long hidden = settings.Long("hidden"), layers = settings.Long("layers"), rows = settings.Long("time") * settings.Long("batch");
        MemoryGuard.Require(
            "--hidden, --layers, --time, --batch",
            [
                // Value, gradient and two averages of the optimizer for each weight.
                ("weights", [4, hidden * gates, characters + hidden + (2 * hidden * (layers - 1))], sizeof(float)),
                ("gates and states of all steps, with their gradients", [rows, layers, 3 * (gates + 2), hidden], sizeof(float)),
                ("logits of all steps, with their gradients", [rows, 3, characters], sizeof(float)),
            ]);
    }
}
