"""English lexicons and word lists. The README beside this file documents them."""
