"""``python -m strategies``: the same as the command ``gpux``."""

from strategies.cli import main

if __name__ == "__main__":
    main()
