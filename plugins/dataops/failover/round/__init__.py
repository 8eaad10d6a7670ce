"""A round: break, promote, repoint, prove, put together again; or heal, or go forward, whatever comes."""
