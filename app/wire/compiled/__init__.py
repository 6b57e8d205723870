"""A compiled executor that works in columns: one function per selection, one call per relation and level."""
