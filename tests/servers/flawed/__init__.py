"""Small servers with a flaw in each tool, and the same mended: what the security suite finds, and what it must not."""
