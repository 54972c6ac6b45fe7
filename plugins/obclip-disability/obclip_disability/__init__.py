"""Disability and health: a plugin for ObCLIP."""
