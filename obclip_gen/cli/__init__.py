"""The subcommands of obclip that generate. Each module imports torch inside its command only."""
