"""One module a version, named v0001_what_it_does.py; its `revision` is the number in its name."""
