"""`python -m custodes` is the `custodes` command."""

from custodes.app.cli import main

if __name__ == "__main__":
    main()
