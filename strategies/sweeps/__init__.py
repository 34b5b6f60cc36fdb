"""Many runs of one strategy with other parameters: which are best, and whether that is luck."""
