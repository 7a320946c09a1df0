"""One check a file: a read-only question with a deadline; its docstring is what users read."""
