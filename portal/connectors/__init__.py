"""Links to outside tools. A connector is a folder here with one class, its settings form and its templates."""
