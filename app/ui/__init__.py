"""The page: Streamlit lives here only."""
