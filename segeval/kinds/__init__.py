"""What the numbers of one side of a case are: labels, probabilities or logits; slab by slab."""
