"""What a person sees first: the contact's home and the staff's."""
