"""Pages of scene jobs."""
