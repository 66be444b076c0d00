"""Language models: providers, their quirks, repair of their calls, streaming."""
