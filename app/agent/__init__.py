"""The conversation: LangChain lives here only."""
