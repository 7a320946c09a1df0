"""One failure a file; `lab/scenario.py` says what each must define."""
