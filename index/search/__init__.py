"""Search by moment: candidates, rerank, fusion, placement, diversity."""
