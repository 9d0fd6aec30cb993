"""What probes prove: pure rules over probes as they went, one file for each family."""
