"""`harness`, and `python -P -m harness`."""

from harness.cli.main import main

if __name__ == "__main__":
    main()
