"""Market behaviour as a trader would tell it, and the proof that the engine behaves so (docs/scenarios.md)."""
