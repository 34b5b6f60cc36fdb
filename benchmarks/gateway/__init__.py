"""What the gateway costs, beside a bare echo server of the same library, on loopback, a core for each side."""
