"""The report: one set of data, written as JSON (with a published schema) or as one HTML page."""
