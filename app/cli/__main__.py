"""`python -m app.cli`: the command line without an installation."""

from app.cli.main import main

main()
