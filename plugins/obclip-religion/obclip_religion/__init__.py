"""Religion: a plugin for ObCLIP."""
