"""What a person touches: the page, the command line, the conversation."""
