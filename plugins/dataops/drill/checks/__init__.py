"""What a drill looks at on a restored database or server: one file a concern, each check a function."""
