"""One server: its definitions and its protocol; nothing is called with generated arguments."""
