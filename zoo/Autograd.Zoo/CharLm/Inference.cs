using Autograd.Zoo.Runs;

namespace Autograd.Zoo.CharLm;

/// <summary>A trained language model: what it makes of a prompt, and how well it predicts a text.</summary>
internal sealed class TrainedCharLm<TState>(SettingValues settings, CharacterSet characters, CharacterModel<TState> model) : ITrainedModel
    where TState : struct, IState<TState, float>
{
    public long ParameterCount => model.ParameterCount;

    public void Sample(SampleRequest request, TextWriter output, CancellationToken stop)
    {
        Sampler sampler = new(request.Temperature, request.TopK, request.TopP);
        characters.Encode(request.Prompt); // refuses a prompt it cannot read before anything is written
        output.Write(request.Prompt);
        CharLmInference.Write(model, characters, request.Prompt, request.Length, sampler, new RandomSource((ulong)request.Seed), output, stop);
    }

    public Evaluation Evaluate(string? data, CancellationToken stop)
    {
        string? file = data ?? settings.Text("data");
        TextCorpus text = file is null ? CharLmData.Generated(characters) : TextCorpus.Load(file, characters);
        (double loss, long count) = CharLmInference.Loss(model, text, stop);
        return new(loss, count, file is null ? Grammar.English.EntropyRate : null);
    }

    public void Dispose()
    {
    }
}

/// <summary>What a language model does without learning.</summary>
internal static class CharLmInference
{
    private const int ValidationTime = 100;

    /// <summary>Reads a prompt and writes the characters that follow, one by one. An empty prompt is a new line, after which a text begins.</summary>
    public static void Write<TState>(
        CharacterModel<TState> model,
        CharacterSet characters,
        string prompt,
        int length,
        Sampler sampler,
        RandomSource random,
        TextWriter output,
        CancellationToken stop)
        where TState : struct, IState<TState, float>
    {
        using Tape<float> tape = Tape<float>.Inference();
        TState state = model.ZeroState(tape, 1);
        int[] ids = prompt.Length > 0 ? characters.Encode(prompt) : [characters.TryGetId('\n', out int start) ? start : 0];
        Tensor<int> next = new([ids.Length, 1], ids);
        for (int i = 0; i < length; i++)
        {
            stop.ThrowIfCancellationRequested();
            state = tape.Reset(carry: state);
            (Variable<float> logits, state) = model.Forward(tape, next, state);
            int chosen = sampler.Choose(logits[^1].Span, random);
            output.Write(characters[chosen].ToString());
            if (next.Length != 1) next = new Tensor<int>([1, 1]);
            next.Fill(chosen);
        }
    }

    /// <summary>The mean of −log p of each character of the validation part, in nats, and how many there are.</summary>
    public static (double Loss, long Count) Loss<TState>(CharacterModel<TState> model, TextCorpus text, CancellationToken stop)
        where TState : struct, IState<TState, float>
    {
        ValidationStreams streams = new(text);
        using Tape<float> tape = Tape<float>.Inference();
        TState state = model.ZeroState(tape, ValidationStreams.Count);
        double sum = 0;
        for (int step = 0; step < streams.Steps; step += ValidationTime)
        {
            stop.ThrowIfCancellationRequested();
            int time = Math.Min(ValidationTime, streams.Steps - step);
            int[] read = new int[time * ValidationStreams.Count], wanted = new int[read.Length];
            streams.Fill(step, read, wanted);
            Tensor<int> inputs = new([time, ValidationStreams.Count], read), targets = new([time, ValidationStreams.Count], wanted);
            state = tape.Reset(carry: state);
            (Variable<float> logits, state) = model.Forward(tape, inputs, state);
            sum += logits.CrossEntropy(targets, reduction: Reduction.Sum, ignoreIndex: ValidationStreams.Ignored).Item();
        }

        return (sum / streams.Characters, streams.Characters);
    }
}
