"""One module per command of `python -m engine`: SUMMARY, EXAMPLE, add_arguments, run."""
