"""Identity: people who agreed to be recognised, and nobody else."""
