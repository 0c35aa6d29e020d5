"""Bad input through the command line: a clear answer, and nothing lost."""
