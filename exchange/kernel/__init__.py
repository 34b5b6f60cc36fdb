"""The deterministic state machine, compiled: books, orders, matching, accounts. Only ``exchange.engine`` enters."""
