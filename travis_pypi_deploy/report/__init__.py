"""What happened, in words and in JSON; the only console."""
