"""The document space: folders, files, versions, uploads, the bin, folder-tree templates."""
