"""`python -m maskbot`: the same as the `maskbot` command."""

from maskbot.cli import main

if __name__ == "__main__":
    main()
