"""Scores against labelled prompts: detection, closure, and rewriting."""
