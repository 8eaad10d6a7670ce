"""A lost region: the database comes back from the other region's bucket, on a server that was not there."""
