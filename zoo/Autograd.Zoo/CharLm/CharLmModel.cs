using Autograd.Zoo.Runs;

namespace Autograd.Zoo.CharLm;

/// <summary>The character language model, as the commands see it.</summary>
internal sealed class CharLmModel : IZooModel
{
    public string Name => "char-lm";

    public string Description => "A recurrent language model: reads a text character by character, learns to predict the next, and writes more of it.";

    public IReadOnlyList<Setting> Settings { get; } =
    [
        new TextSetting("data", "UTF-8 text to learn; a text generated from a small grammar of English when not given") { MayChange = true },
        new ChoiceSetting("cell", "recurrent cell", "lstm", "gru", "rnn"),
        new IntegerSetting("hidden", "features of the recurrent state", 128, 1, 1 << 20),
        new IntegerSetting("layers", "recurrent layers on top of each other", 1, 1, 100),
        new IntegerSetting("time", "steps of a chunk, over which gradients flow back", 50, 1, 1 << 20),
        new IntegerSetting("batch", "streams of the text read side by side", 32, 1, 1 << 20),
        new IntegerSetting("steps", "training steps", 2000, 1, 1_000_000_000) { MayChange = true },
        new ChoiceSetting("optimizer", "how parameters follow their gradients", "rmsprop", "adam", "sgd"),
        new NumberSetting("learning-rate", "learning rate", 2e-3, 0, 1e6) { AboveLeast = true },
        new NumberSetting("decay", "how much of RMSprop's running average stays at each step", 0.95, 0, 1) { BelowMost = true },
        new NumberSetting("clip", "largest norm of all gradients together; 0 for no limit", 5, 0, 1e30),
        new NumberSetting("temperature", "temperature of the samples shown while training; 0 takes the most probable", 0.8, 0, 1e6) { MayChange = true },
        new IntegerSetting("seed", "seed of everything that chance decides", 1, 0, long.MaxValue),
    ];

    public ITrainingRun Create(SettingValues settings)
    {
        string? file = settings.Text("data");
        TextCorpus text = file is null ? CharLmData.Generated() : TextCorpus.Load(file);
        RequireMemory(settings, text.Characters.Count);
        double? entropyRate = file is null ? Grammar.English.EntropyRate : null;
        return Recurrent(settings, text.Characters.Count) switch
        {
            RecurrentLayer<float, LstmState<float>> lstm => new CharLmTraining<LstmState<float>>(settings, text, entropyRate, new(lstm)),
            RecurrentLayer<float, Hidden<float>> other => new CharLmTraining<Hidden<float>>(settings, text, entropyRate, new(other)),
            var unknown => throw new InvalidOperationException($"No training for {unknown.GetType()}."),
        };
    }

    public ITrainedModel Open(SettingValues settings, Checkpoint checkpoint)
    {
        CharacterSet characters = CharacterSet.Of(checkpoint.Text("characters"));
        RequireMemory(settings, characters.Count);
        return Recurrent(settings, characters.Count) switch
        {
            RecurrentLayer<float, LstmState<float>> lstm => Open<LstmState<float>>(settings, checkpoint, characters, new(lstm)),
            RecurrentLayer<float, Hidden<float>> other => Open<Hidden<float>>(settings, checkpoint, characters, new(other)),
            var unknown => throw new InvalidOperationException($"No model for {unknown.GetType()}."),
        };
    }

    private static TrainedCharLm<TState> Open<TState>(SettingValues settings, Checkpoint checkpoint, CharacterSet characters, CharacterModel<TState> model)
        where TState : struct, IState<TState, float>
    {
        foreach ((string path, Parameter<float> parameter) in model.NamedParameters())
        {
            Tensor<float> value = new(parameter.Shape);
            value.Write(values => checkpoint.Read(path, values));
            parameter.Set(value);
        }

        return new(settings, characters, model);
    }

    private static Module<float> Recurrent(SettingValues settings, int characters)
    {
        int hidden = settings.Integer("hidden"), layers = settings.Integer("layers");
        return settings.Text("cell") switch
        {
            "rnn" => new Rnn<float>(characters, hidden, layers),
            "gru" => new Gru<float>(characters, hidden, layers),
            _ => new Lstm<float>(characters, hidden, layers),
        };
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
