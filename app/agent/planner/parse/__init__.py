"""Words become slots: times, amounts, filters, titles, references."""
