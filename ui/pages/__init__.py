"""The pages, one module each. A page asks db, fills a template and wires its events; it decides nothing else."""
