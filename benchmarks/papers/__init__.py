"""The tables of the papers that the makers come from, reproduced."""
