"""What knows how a kind of cluster is looked at, broken, promoted and put together again."""
