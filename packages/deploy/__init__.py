"""What a person or a workflow does with a stack, through Pulumi's Automation API.

The Pulumi CLI does the work; the program runs in this process, and what the engine did comes as
typed events. Everything happens in a directory of its own: no command changes the work tree.
"""
