"""ObCLIP plugin: gender in Spanish prompts."""
