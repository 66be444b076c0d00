"""What a page shows, without Streamlit."""
