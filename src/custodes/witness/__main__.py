"""`python -m custodes.witness` is `custodes witness`, without loading the rest of custodes."""

from custodes.witness.command import main

if __name__ == "__main__":
    main()
