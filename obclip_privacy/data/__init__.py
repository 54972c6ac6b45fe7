"""Data files of the package: lexicons and word lists, by language."""
