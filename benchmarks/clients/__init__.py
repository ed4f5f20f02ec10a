"""One module a library, each a program that measures it in a process of its own: see ``harness``."""
