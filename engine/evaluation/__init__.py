"""Measures models on labelled photos: figures, tables and plots a person can check."""
