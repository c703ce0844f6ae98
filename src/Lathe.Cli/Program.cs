using System.CommandLine;

return new RootCommand("Turns trained models into native code.").Parse(args).Invoke();
