# Prints the sha256 of every certificate and key of this node, one "fingerprint SHA256 FILE" a line. Changes nothing.
fingerprints
