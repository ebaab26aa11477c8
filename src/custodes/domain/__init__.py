"""Values, geometry, media time and errors: the words every other part speaks. No I/O."""
