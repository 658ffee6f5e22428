"""Carries plans out; reaches the world through ports.py only."""
