"""How AWS is reached from a person's machine, and what it answers instead: one sentence each.

Below the parts that call AWS; it imports none of them.
"""
