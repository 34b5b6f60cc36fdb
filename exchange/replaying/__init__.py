"""Questions to the whole journal of a venue that runs, answered by another process."""
