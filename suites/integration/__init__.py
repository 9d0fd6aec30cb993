"""Tools called with generated arguments, in a sandbox, on an instance of the server that nobody else uses."""
