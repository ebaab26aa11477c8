"""Seeing: whether anything moves, which objects and faces there are, and which are the same over time."""
