"""What is summed over the blocks of a case: one file a tally."""
