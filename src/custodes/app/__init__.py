"""The front door: settings, the `custodes` command, and the composition of everything else."""
