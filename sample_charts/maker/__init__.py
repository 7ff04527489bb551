"""Makes the PDFs of sample_charts/ from the texts in sample_charts/source/."""
