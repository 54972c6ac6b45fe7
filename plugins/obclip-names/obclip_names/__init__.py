"""Personal names: a plugin for ObCLIP."""
