"""Nationality: a plugin for ObCLIP."""
