"""`python -m fsbench`: the command line, where its script is not on the path."""

from fsbench.cli import main

if __name__ == "__main__":
    main()
