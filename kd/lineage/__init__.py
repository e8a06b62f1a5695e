"""From a version in the registry back to all that made it."""
