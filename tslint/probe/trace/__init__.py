"""Step 3: ``torch.jit.trace`` under the recorder, which sees every value that leaves the graph. Changes no graph."""
