"""Trains the three models from folders of labelled photos and writes them as bundles."""
