using System.Numerics;

namespace Autograd.Conformance.Operators;

/// <summary>optim.json, clip.json</summary>
internal static class Training
{
    private const string Hyperparameters = "name lr momentum dampening weight_decay nesterov betas eps amsgrad alpha centered lr_decay initial_accumulator_value rho";
    private const string ScheduleAttributes =
        "name base_lr steps step_size gamma t_max eta_min start_factor end_factor total_iters max_lr total_steps pct_start anneal_strategy " +
        "div_factor final_div_factor three_phase mode factor patience threshold threshold_mode cooldown min_lr eps";

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
        table.Add("lr_scheduler", ScheduleAttributes, "losses", static b =>
        {
            Func<int, double> rate = RateOf(b);
            b.Output("lrs", new Tensor<T>([b.Int("steps") + 1], [.. Enumerable.Range(0, b.Int("steps") + 1).Select(step => T.CreateChecked(rate(step)))]));
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
            case "adagrad":
                return new Adagrad<T>(model, rate, b.Number("lr_decay"), b.Number("initial_accumulator_value"), b.Number("eps"), decay);
            case "adadelta":
                return new Adadelta<T>(model, rate, b.Number("rho"), b.Number("eps"), decay);
            default:
                throw b.Bad("name");
        }
    }

    /// <summary>The rate after so many steps, asked for in order.</summary>
    private static Func<int, double> RateOf<T>(Bench<T> b)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double rate = b.Number("base_lr");
        if (b.Text("name") == "reduce_on_plateau")
        {
            ReduceOnPlateau plateau = new(
                rate, Is(b, "mode", "max", "min"), b.Number("factor"), b.Int("patience"), b.Number("threshold"),
                Is(b, "threshold_mode", "abs", "rel") ? PlateauThreshold.Absolute : PlateauThreshold.Relative, b.Int("cooldown"), b.Number("min_lr"), b.Number("eps"));
            T[] losses = b.Values("losses").ToArray();
            return step => step == 0 ? plateau.Rate : plateau.Observe(double.CreateChecked(losses[step - 1]));
        }

        Schedule schedule = b.Text("name") switch
        {
            "step_lr" => Schedule.Steps(rate, b.Int("step_size"), b.Number("gamma")),
            "exponential" => Schedule.Exponential(rate, b.Number("gamma")),
            "cosine_annealing" => Schedule.CosineAnnealing(rate, b.Int("t_max"), b.Number("eta_min")),
            "linear_warmup" => Schedule.LinearWarmup(rate, b.Int("total_iters"), b.Number("start_factor"), b.Number("end_factor")),
            "one_cycle" => Schedule.OneCycle(
                b.Number("max_lr"), b.Int("total_steps"), b.Number("pct_start"), Is(b, "anneal_strategy", "cos", "linear") ? Annealing.Cosine : Annealing.Linear,
                b.Number("div_factor"), b.Number("final_div_factor"), b.Flag("three_phase")),
            _ => throw b.Bad("name"),
        };
        return step => schedule.Rate(step);
    }

    /// <summary>Whether an attribute has the one of two values it may have.</summary>
    private static bool Is<T>(Bench<T> b, string attribute, string yes, string no)
        where T : unmanaged, IFloatingPointIeee754<T> => b.Text(attribute) == yes || (b.Text(attribute) == no ? false : throw b.Bad(attribute));

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
