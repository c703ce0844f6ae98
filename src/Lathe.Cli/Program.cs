using Lathe.Cli;

return CommandLine.Run(args, Terminal.OfProcess());
