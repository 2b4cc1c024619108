"""What is inside files: pictures of their pages, their words, and whether they are harmless. Made in workers."""
