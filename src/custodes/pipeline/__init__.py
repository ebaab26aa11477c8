"""From pixels to events and redacted imagery: one camera's work, a worker of many cameras, and whole files.

Capture pushes frames into the look-behind and the newest one into a mailbox; analysis takes it from there, feeds
rules and the mask timeline; emission takes frames that the timeline covers, redacts, encodes, records, publishes.
"""
