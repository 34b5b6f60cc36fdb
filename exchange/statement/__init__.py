"""What an account bought, sold, paid and was paid, from the journal alone."""
