"""The command line: arguments in, one command, its result told and written."""
