"""Why a moment matched, what two share, what one is like."""
