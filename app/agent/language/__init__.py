"""Language models made dependable: what they wrote read as it was meant, checked, and put right."""
