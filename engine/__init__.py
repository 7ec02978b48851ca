"""The engine: bytes and arrays in, values out.

It judges photos, trains and evaluates the models that judge, groups unknown meters and draws sample photos.
It knows no database, no web page and no watcher.
"""
