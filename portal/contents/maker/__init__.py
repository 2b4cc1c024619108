"""A program of its own, run for one file at a time under limits: it alone opens what strangers sent.

It knows neither database nor store, has no secrets in its environment, reads ``source`` and ``job.json`` in the folder
that it is given, and leaves ``result.json`` and what it made there.
"""
