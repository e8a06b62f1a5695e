"""One short module per entry point of MLproject."""
