"""Arguments in, one service call, model out."""
