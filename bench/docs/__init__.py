"""Pages of the documentation that are made from the code: `python -m bench.docs` writes them."""
