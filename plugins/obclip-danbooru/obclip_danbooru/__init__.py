"""ObCLIP plugin: prompts written as lists of tags."""
