"""From one subject to one record: what the re-run left, figures, findings, guesses, and digests for the log.

:class:`~obclip_privacy.audit.measuring.meter.Meter` puts the parts together; each part is a pure function.
"""
