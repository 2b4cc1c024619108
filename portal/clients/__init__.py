"""The client base: clients, groups, types, attributes, memberships."""
