"""``python -m web`` is ``bihuan``: how the all-in-one command starts its children."""

from web.cli import main

if __name__ == "__main__":
    main()
