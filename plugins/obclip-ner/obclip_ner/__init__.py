"""ObCLIP plugin: a token-classification model as a detector of cues."""
