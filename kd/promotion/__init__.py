"""Who stands where in the registry: champions, stages, moves, and what may go."""
