"""The ground floor: tools that know nothing of clients, folders or people."""
