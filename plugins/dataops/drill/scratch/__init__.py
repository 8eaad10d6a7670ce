"""Scratch servers: the throwaway servers of drills, behind one small protocol."""
