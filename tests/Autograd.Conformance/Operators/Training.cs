using System.Numerics;

namespace Autograd.Conformance.Operators;

/// <summary>optim.json, clip.json</summary>
internal static class Training
{
    private const string Hyperparameters = "name lr momentum dampening weight_decay nesterov betas eps amsgrad alpha centered";

    public static void AddTo<T>(OpTable<T> table)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("optimizer", Hyperparameters, "param grad_*", static b =>
        {
            Parameters<T> model = new(b, ["param"]);
            Parameter<T> parameter = model.Parameters.Single();
            Optimizer<T> optimizer = OptimizerOf(b, model);
            string[] gradients = b.Numbered("grad_");
            for (int step = 1; step <= gradients.Length; step++)
            {
                b.Tape.Reset();
                optimizer.Step(b.Tape.Backward(parameter.On(b.Tape), b.Tape.Constant(b.Values(gradients[step - 1]))));
                b.Output($"param_{step}", parameter.Value.Clone());
            }
        });
        table.Add("clip_grad_norm", "max_norm norm_type", "grad_*", static b =>
        {
            Gradients<T> gradients = Given(b, out Parameter<T>[] parameters);
            b.Output("total_norm", gradients.ClipByGlobalNorm(b.Number("max_norm"), b.Number("norm_type")));
            Clipped(b, gradients, parameters);
        });
        table.Add("clip_grad_value", "clip_value", "grad_*", static b =>
        {
            Gradients<T> gradients = Given(b, out Parameter<T>[] parameters);
            gradients.ClipByValue(b.Number("clip_value"));
            Clipped(b, gradients, parameters);
        });
    }

    private static Optimizer<T> OptimizerOf<T>(Bench<T> b, Module<T> model)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double rate = b.Number("lr"), decay = b.Number("weight_decay");
        switch (b.Text("name"))
        {
            case "sgd":
                return new Sgd<T>(model, rate, b.Number("momentum"), b.Number("dampening"), b.Flag("nesterov"), decay);
            case "rmsprop":
                return new RmsProp<T>(model, rate, b.Number("alpha"), b.Number("eps"), b.Number("momentum"), b.Flag("centered"), decay);
            case "adam":
                return new Adam<T>(model, rate, b.Numbers("betas")[0], b.Numbers("betas")[1], b.Number("eps"), decay, b.Flag("amsgrad"));
            case "adamw":
                return new AdamW<T>(model, rate, b.Numbers("betas")[0], b.Numbers("betas")[1], b.Number("eps"), decay, b.Flag("amsgrad"));
            default:
                throw b.Bad("name");
        }
    }

    /// <summary>The inputs as gradients of as many parameters: the gradient of ⟨grad, parameter⟩ is grad.</summary>
    private static Gradients<T> Given<T>(Bench<T> b, out Parameter<T>[] parameters)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        string[] names = b.Numbered("grad_");
        parameters = [.. new Parameters<T>(b, names).Parameters];
        return b.Tape.Backward([.. parameters.Select(parameter => parameter.On(b.Tape))], [.. names.Select(name => b.Tape.Constant(b.Values(name)))]);
    }

    private static void Clipped<T>(Bench<T> b, Gradients<T> gradients, Parameter<T>[] parameters)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < parameters.Length; i++) b.Output($"clipped_{i}", gradients[parameters[i]].ToTensor());
    }

    /// <summary>A module with one parameter for each named input, with its values.</summary>
    private sealed class Parameters<T> : Module<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public Parameters(Bench<T> bench, string[] inputs)
        {
            foreach (string name in inputs)
            {
                Tensor<T> values = bench.Values(name);
                AddParameter(name, values.Shape, Initializer.Zeros).Set(values);
            }
        }
    }
}
