"""Sessions, wherever they lie, become reductions, and reductions become estimates."""
