"""Where work runs: in this process, in processes beside it, or on other machines."""
