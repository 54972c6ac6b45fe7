"""ObCLIP plugin: recognisers of Microsoft Presidio as detectors of cues."""
