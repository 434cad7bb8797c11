"""How a command of this repository behaves: its words, its children, its end."""
