"""The pages that read the log: a client's activity and the firm's, as far as the reader's rights go."""
