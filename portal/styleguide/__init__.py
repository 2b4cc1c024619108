"""All components in all states, on one page, in development only."""
