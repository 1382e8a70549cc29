using System.Globalization;
using Autograd.Zoo;
using Autograd.Zoo.Commands;
using Autograd.Zoo.Runs;

CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
using Stopping stopping = Stopping.OnSignals();
return Cli.Run(args, new CliContext(Console.Out, Console.Error, !Console.IsErrorRedirected, stopping, ZooModels.All, Console.In));
