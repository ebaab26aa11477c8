"""custodes: open, self-hosted smart cameras that answer to the people they watch."""

__version__ = "0.1.0"
