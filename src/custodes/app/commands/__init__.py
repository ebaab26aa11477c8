"""The commands of `custodes`, one module each."""
