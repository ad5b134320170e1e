"""What a person does with the toolbox: one register of commands, for `%tools` and the command line."""
