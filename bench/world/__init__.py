"""Sets of sound that other people made: small readers, one a source, of folders as their authors publish
them.

Nothing of theirs is kept here. Each writes a set of the layout of `bench.collection`: library/, queries/,
truth.json.
"""
